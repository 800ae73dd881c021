#!/usr/bin/env bash
# fetch.sh <folder>: the broker's jars into <folder>, once. Exit 77, with the reason, when Java or Maven or the artifacts
# cannot be had: the tests that need a broker are skipped then.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
to=$1
[ ! -f "$to/complete" ] || exit 0
command -v java >/dev/null || { echo "there is no java in the PATH"; exit 77; }
command -v mvn >/dev/null || { echo "there is no mvn in the PATH"; exit 77; }
mkdir -p "$to"
if ! said=$(mvn -q -B -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$to" 2>&1); then
  echo "Maven cannot fetch the broker's jars (no network, or its certificates are not known to Java?): $(grep -m1 ERROR <<<"$said" | cut -c1-300)"
  exit 77
fi
touch "$to/complete"

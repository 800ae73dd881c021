#!/usr/bin/env bash
# The parts of ./dev that no other test runs: deriving the Debian 11 source, help, wrong commands.
#   dev_script_test.sh <dev>
set -euo pipefail
dev=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fault() { echo "$*"; exit 1; }

# debian_11_source, reading from a folder of ours instead of /etc/apt.
sed -n '/^debian_11_source()/,/^}/p' "$dev" | sed "s#/etc/apt#$scratch#g" >"$scratch/function.sh"
. "$scratch/function.sh"
mkdir -p "$scratch/sources.list.d"
expect() { # expect <what> <wanted text>
  local got
  got=$(debian_11_source) || got=none
  [ "$got" = "$2" ] || fault "$1: wanted '$2', got '$got'"
  rm -f "$scratch"/sources.list "$scratch"/sources.list.d/*
}

expect "no source at all" none

printf 'Types: deb\n# a comment\nURIs: http://mirror.invalid/debian\nSuites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By: /key.gpg\n\nTypes: deb\nURIs: http://mirror.invalid/debian-security\nSuites: bookworm-security\nComponents: main\n' \
  >"$scratch/sources.list.d/debian.sources"
expect "deb822" $'Types: deb\nURIs: http://mirror.invalid/debian\nSuites: bullseye\nComponents: main\nSigned-By: /key.gpg\nsources'

printf 'Types: deb\nURIs: http://other.invalid/x\nSuites: nodistro\nComponents: main\n' >"$scratch/sources.list.d/a.sources"
printf 'deb cdrom:[Debian 12]/ bookworm main\n# deb http://off.invalid/debian bookworm main\ndeb [arch=amd64 signed-by=/key.gpg] http://mirror.invalid/debian bookworm main contrib\n' \
  >"$scratch/sources.list"
expect "one line with options" $'deb [arch=amd64 signed-by=/key.gpg] http://mirror.invalid/debian bullseye main\nlist'

printf 'deb http://mirror.invalid/debian bookworm-backports main\ndeb http://mirror.invalid/debian bookworm main\n' \
  >"$scratch/sources.list.d/own.list"
expect "one line" $'deb http://mirror.invalid/debian bullseye main\nlist'

printf 'Types: deb\nURIs: http://mirror.invalid/debian\nSuites: bookworm\nComponents: main\nEnabled: no\n' >"$scratch/sources.list.d/debian.sources"
expect "a disabled source" none

help=$("$dev" --help 2>&1)
for command in run test evhost; do
  grep -q "^  $command" <<<"$help" || fault "--help does not name $command"
done
code=0
"$dev" no-such-command 2>"$scratch/said" || code=$?
[ "$code" = 2 ] || fault "an unknown command ends with $code, wanted 2"
grep -q "no command 'no-such-command'" "$scratch/said" || fault "an unknown command is not named"
echo "the script's parts behave"

#!/usr/bin/env bash
# Does the host build in a tree without plugins/? Copies what is not a plugin or a test, configures and builds it.
# The copy has the layout of the real tree, so the compiler cache answers for every unchanged file.
#   host_alone.sh <tree> <scratch folder> <build type> <generator's make program>
set -euo pipefail
tree=$1 copy=$2/tree
mkdir -p "$copy"
for part in CMakeLists.txt cmake sdk schemas host; do
  [ ! -e "$tree/$part" ] || { rm -rf "${copy:?}/$part"; cp -a "$tree/$part" "$copy/"; }
done
build=$copy/build/dev
cmake -S "$copy" -B "$build" -G Ninja -DCMAKE_MAKE_PROGRAM="$4" -DCMAKE_BUILD_TYPE="$3" \
  -DEVH_BUILD_TESTS=OFF -DEVH_BUILD_BENCH=OFF
cmake --build "$build" --target evhost
"$build/bin/evhost" version

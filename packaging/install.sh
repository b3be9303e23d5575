#!/bin/sh
# Installs the libraries of a folder, the headers, pintle.pc and the CMake package below a prefix.
#
#   packaging/install.sh target/lib /usr/local
set -eu
libraries=$1 prefix=$2
top=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$top/Cargo.toml" | head -n 1)
cmake=$prefix/lib/cmake/Pintle
mkdir -p "$prefix/include/pintle" "$prefix/lib/pkgconfig" "$cmake"

cp -R "$top/include/pintle/." "$prefix/include/pintle/"
cp "$libraries/libpintle.a" "$prefix/lib/"
# The name that programs record, and the one that the linker looks for.
cp "$libraries/libpintle.so" "$prefix/lib/libpintle.so.1"
ln -sf libpintle.so.1 "$prefix/lib/libpintle.so"

fill() {
    sed -e "s|@PREFIX@|$prefix|g" -e "s|@VERSION@|$version|g" "$top/packaging/$1.in" >"$2/$1"
}
fill pintle.pc "$prefix/lib/pkgconfig"
fill PintleConfig.cmake "$cmake"
fill PintleConfigVersion.cmake "$cmake"

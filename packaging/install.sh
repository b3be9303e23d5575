#!/bin/sh
# Installs the libraries of a folder, the headers, the pkg-config files and the CMake package below a prefix. libpintle-core.a
# is left out if the folder has none.
#
#   packaging/install.sh target/lib /usr/local
#
# A relative prefix begins at the working directory. With DESTDIR, the files are put below that folder and name the prefix
# without it, as those who make packages need it:
#
#   DESTDIR=$PWD/staging packaging/install.sh target/lib /usr
set -eu
if [ $# -ne 2 ] || [ -z "$2" ]; then
    echo "usage: [DESTDIR=folder] $0 libraries prefix" >&2
    exit 2
fi
libraries=$1
case $2 in
    /*) prefix=$2 ;;
    *) prefix=$(pwd)/$2 ;;
esac
top=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$top/Cargo.toml" | head -n 1)
to=${DESTDIR:-}$prefix
cmake=$to/lib/cmake/Pintle
mkdir -p "$to/include/pintle" "$to/lib/pkgconfig" "$cmake"

cp -R "$top/include/pintle/." "$to/include/pintle/"
cp "$libraries/libpintle.a" "$to/lib/"
if [ -e "$libraries/libpintle-core.a" ]; then
    cp "$libraries/libpintle-core.a" "$to/lib/"
fi
# The name that programs record, and the one that the linker looks for.
cp "$libraries/libpintle.so" "$to/lib/libpintle.so.1"
ln -sf libpintle.so.1 "$to/lib/libpintle.so"

# What sed would not take as it stands.
named=$(printf '%s' "$prefix" | sed 's/[\\&|]/\\&/g')
fill() {
    sed -e "s|@PREFIX@|$named|g" -e "s|@VERSION@|$version|g" "$top/packaging/$1.in" >"$2/$1"
}
fill pintle.pc "$to/lib/pkgconfig"
fill pintle-static.pc "$to/lib/pkgconfig"
fill PintleConfig.cmake "$cmake"
fill PintleConfigVersion.cmake "$cmake"

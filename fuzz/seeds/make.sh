#!/bin/sh
# Makes the seeds of `inspect` anew, for the fingerprint that abi-core has:  sh fuzz/seeds/make.sh
set -eu
cd "$(dirname "$0")"
fingerprint() {
    sed -n "s/.*($1, false) => \(0x[0-9a-f_]*\),/\1/p" ../../abi-core/src/fingerprint.rs | tr -d _
}
wide=$(fingerprint true)
narrow=$(fingerprint false)
plugin() {
    name=$1; shift
    cc -std=gnu11 -w -shared -nostdlib -fPIC -s -Wl,--build-id=none,-z,noseparate-code,-z,norelro,--hash-style=gnu \
        "-DFINGERPRINT=${wide}ULL" "$@" -o "inspect/$name" plugin.c
}
plugin plain
plugin plain-sysv-hash -Wl,--hash-style=sysv
plugin no-descriptor -DNO_DESCRIPTOR
plugin no-entry -DNO_ENTRY
plugin wrong-magic '-DMAGIC="PINTLE??"'
plugin wrong-major -DMAJOR=2
plugin huge-size -DSIZE=0xfffffff0u
plugin far-text '-DSERVICES={ 0xfff0, 0xff }'
plugin unloadable -DFLAGS=1
plugin needs-a-library -Wl,--no-as-needed -lc -lm
plugin narrow -m32 -UFINGERPRINT "-DFINGERPRINT=${narrow}ULL"
head -c 200 inspect/plain > inspect/truncated
printf 'not a library\n' > inspect/text

#!/usr/bin/env bats
# What "make install" puts where, and what the installed program says about itself.

load helpers

# A build folder where make can install from; not there when somebody runs this file by hand on one program.
install_to() {
    [ -f "$SKT_BUILDDIR/Makefile" ] || skip "needs a build folder made by configure"
    need make
    MAKEFLAGS='' MAKELEVEL='' make -C "$SKT_BUILDDIR" install DESTDIR="$PWD/$1" "${@:2}"
}

# The value that configure gave to a variable of the Makefile.
configured() { sed -n "s/^$1 = //p" "$SKT_BUILDDIR/Makefile"; }

@test "the program says its name and the version that configure knows" {
    run -0 --separate-stderr "$SKT" --version
    [ -f "$SKT_BUILDDIR/Makefile" ] || skip "needs a build folder made by configure"
    assert_equal "${lines[0]}" "skt $(configured PACKAGE_VERSION)"
    assert_equal "$stderr" ""
}

@test "install puts the program, its manual and the completions of three shells in place, and nothing else" {
    install_to root prefix=/usr datarootdir=/usr/share
    run -0 find root -type f -printf '%P\n'
    # the completions are configured into folders below datadir, which follows datarootdir
    assert_equal "$(sort <<<"$output")" "usr/bin/skt
usr/share/bash-completion/completions/skt
usr/share/fish/vendor_completions.d/skt.fish
usr/share/man/man1/skt.1
usr/share/man/man7/skt-sockets.7
usr/share/zsh/site-functions/_skt"
    [ -x root/usr/bin/skt ]
}

@test "each shell gets the completion that the program prints for it" {
    install_to root prefix=/usr datarootdir=/usr/share
    "$SKT" --completion bash >bash
    "$SKT" --completion zsh >zsh
    "$SKT" --completion fish >fish
    assert_same_file root/usr/share/bash-completion/completions/skt bash
    assert_same_file root/usr/share/zsh/site-functions/_skt zsh
    assert_same_file root/usr/share/fish/vendor_completions.d/skt.fish fish
}

@test "the installed program runs where it was put" {
    install_to root prefix=/usr
    run -0 root/usr/bin/skt --help
    assert_contains "$output" skt
}

@test "uninstall leaves no file behind" {
    install_to root prefix=/usr
    MAKEFLAGS='' MAKELEVEL='' make -C "$SKT_BUILDDIR" uninstall DESTDIR="$PWD/root" prefix=/usr
    run -0 find root -type f
    assert_equal "$output" ""
}

@test "no flag is given to a linker that would warn of it" {
    [ -f "$SKT_BUILDDIR/Makefile" ] || skip "needs a build folder made by configure"
    [ ! -f "$SKT_SRCDIR/config.status" ] || skip "the source folder is a build folder"
    local cc flags
    cc=$(configured CC)
    mkdir linker built
    cat >linker/ld <<END
#!/usr/bin/env bash
exec $(command -v "$($cc -print-prog-name=ld)") "\${@/#pack-relative-relocs/not-known-yet}"
END
    chmod +x linker/ld
    cc+=" -B$PWD/linker/"
    (cd built && "$SKT_SRCDIR/configure" CC="$cc" --without-openssl) >configured 2>&1
    flags=$(sed -nE 's/^HARDEN_(C|LD)FLAGS = //p' built/Makefile)
    assert_contains "$flags" relro
    echo 'int main(void) { return 0; }' >main.c
    run -0 $cc $flags main.c
    assert_equal "$output" ""
}

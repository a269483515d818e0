#!/usr/bin/env bats
# The lists in Makefile.am hold every file, and the sources keep to the plan of the house.

load helpers

CC=${CC:-cc}

# What is in the folder and matches, sorted, as paths from the top of the sources.
present() { (cd "$SKT_SRCDIR" && find "$@" -type f | LC_ALL=C sort); }

# Words of Makefile.am that match, sorted; a word listed twice shows twice.
listed() { tr -s ' \t' '\n\n' <"$SKT_SRCDIR/Makefile.am" | grep -xE -e "$1" | LC_ALL=C sort; }

@test "Makefile.am lists every source file once, and none that is not there" {
    assert_equal "$(listed 'src/.*\.[ch]')" "$(present src -name '*.[ch]')"
}

@test "Makefile.am lists every system test once, and none that is not there" {
    # those of QUICK_TESTS are named a second time
    assert_equal "$(listed 'tests/[^/]*\.bats' | uniq)" "$(present tests -maxdepth 1 -name '*.bats')"
}

@test "Makefile.am lists every unit test once, and none that is not there" {
    assert_equal "$(listed 'tests/unit/test-[a-z0-9-]*')" \
        "$(present tests/unit -name 'test-*.c' | sed 's/\.c$//')"
}

@test "every scripted peer is in the tarball" {
    assert_equal "$(listed 'tests/peers/.*')" "$(present tests/peers -name '*.py' -o -name '*.c')"
}

@test "every file of the virtual machine's tests is in the tarball" {
    assert_equal "$(listed 'tests/vm/.*')" "$(present tests/vm)"
}

@test "every file of the bench is in the tarball, and every program of it is listed" {
    assert_equal "$(listed 'bench/.*\.(py|h|txt)')" "$(present bench -name '*.py' -o -name '*.h' -o -name '*.txt')"
    assert_equal "$(listed 'bench/[a-z]+/[a-z-]+')" "$(present bench -name '*.c' | sed 's/\.c$//')"
}

@test "a header compiles alone" {
    need "${CC%% *}"
    for header in $(present src -name '*.h'); do
        echo "#include \"${header#src/}\"" |
            $CC -std=c11 -D_GNU_SOURCE -Wall -Werror -fsyntax-only -I "$SKT_SRCDIR/src" -x c -
    done
}

@test "a header is guarded by its own name" {
    for header in $(present src -name '*.h'); do
        guard=SKT_$(tr 'a-z/.-' 'A-Z___' <<<"${header#src/}")
        assert_equal "$(grep -c "^#ifndef $guard\$\|^#define $guard\$" "$SKT_SRCDIR/$header") of $header" \
            "2 of $header"
    done
}

@test "includes go down the folders of the plan, never up" {
    # from the bottom to the top; a folder may include from itself and from those before it
    order=(base observe domain dial endpoint pump request session)
    cd "$SKT_SRCDIR"
    assert_equal "$(find src -mindepth 1 -type d -printf '%f\n' | sort)" "$(printf '%s\n' "${order[@]}" | sort)"
    for i in "${!order[@]}"; do
        for above in "${order[@]:i + 1}"; do
            assert_equal "$(grep -rn "^#include \"$above/" "src/${order[i]}")" ""
        done
    done
}

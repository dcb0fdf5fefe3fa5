# shellcheck shell=bash
# method tunnel: the kernel tests of tunnels, where the kernel has them

# Neither peers nor the director.
needs() {
	tunnels_missing 4
	tunnels_missing 6
	modprobe -qa fou fou6 || echo "this kernel has no GUE"
	[ -x "$(built tests/kernel/tunnel)" ] || echo "tests/kernel/tunnel is not built"
	[ -x "$(built tests/kernel/tunnel_each)" ] || echo "tests/kernel/tunnel_each is not built"
}

# Runs test $1, which must have $2 cases.
tunnel_test() {
	local log=$LAB_DIR/log/$1.log
	"$(built "tests/kernel/$1")" >"$log" 2>&1 ||
		stage_fail "$(grep -v ':P:' "$log" | tr '\n' ' ')"
	expect_at_least "cases of $1 that passed" "$2" "$(grep -c ':P:' "$log")"
}

# make check runs them too, but on kernels without tunnels each has one case.
stage() {
	tunnel_test tunnel 18
	tunnel_test tunnel_each 6
}

# shellcheck shell=bash
# method tunnel: the kernel test of tunnels, where the kernel has them

# Neither peers nor the director.
needs() {
	tunnels_missing 4
	tunnels_missing 6
	modprobe -qa fou fou6 || echo "this kernel has no GUE"
	[ -x "$(built tests/kernel/tunnel)" ] || echo "tests/kernel/tunnel is not built"
}

# make check runs it too, but on kernels without tunnels it has one case.
stage() {
	"$(built tests/kernel/tunnel)" >"$LAB_DIR/log/tunnel.log" 2>&1 ||
		stage_fail "$(grep -v ':P:' "$LAB_DIR/log/tunnel.log" | tr '\n' ' ')"
	expect_at_least "cases that passed" 18 "$(grep -c ':P:' "$LAB_DIR/log/tunnel.log")"
}

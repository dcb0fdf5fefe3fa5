# shellcheck shell=bash
# the BPF program frame by frame: the kernel tests of it, on this kernel

# Neither peers nor the director.
needs() {
	local name
	for name in carry pass program tunnel; do
		[ -x "$(built "tests/kernel/bpf_$name")" ] || echo "tests/kernel/bpf_$name is not built"
	done
	modprobe -qa 8021q cls_bpf sch_ingress || true
}

# make check runs them, too; here on a kernel that has VLANs.
stage() {
	local name log
	for name in carry pass program tunnel; do
		log=$LAB_DIR/log/bpf_$name.log
		"$(built "tests/kernel/bpf_$name")" >"$log" 2>&1 ||
			stage_fail "$(grep -v ':P:' "$log" | tr '\n' ' ')"
	done
	expect_at_least "cases that passed" 224 "$(cat "$LAB_DIR"/log/bpf_*.log | grep -c ':P:')"
}

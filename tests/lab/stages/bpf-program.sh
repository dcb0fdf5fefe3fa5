# shellcheck shell=bash
# the BPF program and nft's table packet by packet, maps, next hops: the kernel tests, on this kernel

BPF_TESTS="bpf_carry bpf_clients bpf_counted bpf_error bpf_pass bpf_program bpf_tunnel bpf_maps
	next_hop nft_carry nft_error nft_maps nft_pass"

# Neither peers nor the director.
needs() {
	local name
	for name in $BPF_TESTS; do
		[ -x "$(built "tests/kernel/$name")" ] || echo "tests/kernel/$name is not built"
	done
	modprobe -qa 8021q bridge cls_bpf sch_ingress tun || true
}

# make check runs them, too; here on a kernel that has VLANs.
stage() {
	local name log
	for name in $BPF_TESTS; do
		log=$LAB_DIR/log/$name.test
		"$(built "tests/kernel/$name")" >"$log" 2>&1 ||
			stage_fail "$(grep -v ':P:' "$log" | tr '\n' ' ')"
	done
	expect_at_least "cases that passed" 368 "$(cat "$LAB_DIR"/log/*.test | grep -c ':P:')"
}

# shellcheck shell=bash
# ruleset = external with method nat: the rules that the tool prints do the same

# shellcheck source=../nat.sh
. "$LAB_HOME/nat.sh"

# Those rules need nft's queue expression, which not every kernel has.
needs() {
	nat_missing
	unshare -n nft add table inet t '{ chain c { queue num 1; }; }' 2>/dev/null ||
		echo "this kernel has no nft queue expression"
}

# The daemon installs nothing; with the printed rules clients of both families get in, and what
# the servers start themselves leaves with the VIP.
stage() {
	nat_up 4 2 rr 'ruleset = external'
	expect_true "the daemon has installed no table" lab_not director_rules_present
	director_ctl show ruleset >"$LAB_DIR/rules.nft"
	expect_true "nft loads what show ruleset prints" lab_in dir nft -f "$LAB_DIR/rules.nft"
	nat_capture_start ''
	clients_start 2 "$LAB_VIP" 1 2
	clients_start 2 "$LAB_VIP6" 3 4
	expect "clients established" 4 "$(clients_initiate 1 4)"
	expect "pings answered" 4 "$(clients_ping 1 4)"
	expect "spread by the director's count" 2/2 "$(director_spread)"
	expect_at_least "replies that the daemon was shown" 4 "$(director_counter reply-cookie)"
	lab_in dir conntrack -F >/dev/null 2>&1
	expect_true "server 1 rekeys its children" peer_ctl s1 --rekey --child inner
	expect "pings answered after it" 4 "$(clients_ping 1 4)"
	capture_stop outer inner
	expect_captured "IPsec on the clients' side that is not the VIPs'" 0 outer \
		"$NAT_IPSEC and not host $LAB_VIP and not host $LAB_VIP6"
	expect_good_end
}

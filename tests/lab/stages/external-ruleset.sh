# shellcheck shell=bash
# ruleset = external: the rules that the tool prints, loaded by hand, do the same

# Those rules need nft's queue expression, which not every kernel has.
needs() {
	peers_missing
	director_missing
	unshare -n nft add table inet t '{ chain c { queue num 1; }; }' 2>/dev/null ||
		echo "this kernel has no nft queue expression"
}

# The daemon installs nothing; with the printed rules both clients get in, one to each server,
# and a stray AH packet is answered.
stage() {
	stage_up 2 2 rr 'ruleset = external'
	expect_true "the daemon has installed no table" lab_not director_rules_present
	director_ctl show ruleset >"$LAB_DIR/rules.nft"
	expect_true "nft loads what show ruleset prints" lab_in dir nft -f "$LAB_DIR/rules.nft"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "pings answered" 2 "$(clients_ping 1 2)"
	expect "spread by the director's count" 1/1 "$(director_spread)"
	expect_true "a stray AH packet is answered" stray 1 --protocol ah "$LAB_VIP6"
	expect_good_end
}

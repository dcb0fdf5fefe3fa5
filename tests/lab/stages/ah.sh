# shellcheck shell=bash
# AH follows its client's ISAKMP to the same real server

# AH is done by the kernel only; those that lack it lack ESP as well.
needs() {
	peers_missing
	director_missing
	peers_kernel_esp || echo "this kernel has neither ESP nor AH"
}

# Two clients, ten pings each, every one as an AH packet at its client's server. The daemon sees
# them all, for the kernel is not let carry them by itself.
stage() {
	peers_use_ah
	stage_up 2 2 rr "fast-path = off"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect_true "ten pings of each client answered" client_ping 1 10
	expect_true "and of the other" client_ping 2 10
	expect "AH packets at the real servers" 20 "$(watch_servers plain_ah)"
	expect "of which at gw1" 10 "$(watch_packets s1 plain_ah)"
	expect "ESP packets at the real servers" 0 "$(watch_servers plain_esp)"
	expect "counted as slaves" 20 "$(director_counter slave)"
	expect_good_end
}

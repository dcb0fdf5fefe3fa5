# shellcheck shell=bash
# plain ESP follows its client's ISAKMP to the same real server

# Only with ESP in the kernel do the peers send it without UDP.
needs() {
	peers_missing
	director_missing
	capture_missing
	peers_kernel_esp || echo "this kernel has no ESP"
}

# Two clients, ten pings each, every one as a plain ESP packet at its client's server.
stage() {
	stage_up 2 2 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	capture_start to-gw1 s1 lan
	capture_start from-gw1 s1 ret
	expect_true "ten pings of each client answered" client_ping 1 10
	expect_true "and of the other" client_ping 2 10
	expect "plain ESP packets at the real servers" 20 "$(watch_servers plain_esp)"
	expect "of which at gw1" 10 "$(watch_packets s1 plain_esp)"
	capture_stop to-gw1 from-gw1
	expect_captured "ESP packets of client 1 captured at gw1" 10 to-gw1 proto 50
	expect_captured_ends "where they come from and go to" \
		"$(client_address 1) > $LAB_VIP" to-gw1 proto 50
	expect_captured_ends "and the answers, on the other link" \
		"$LAB_VIP > $(client_address 1)" from-gw1 proto 50
	expect_true "a packet of 1400 bytes that must stay whole" lab_in c1 ping -q -n -c 1 \
		-W 5 -M 'do' -s 1372 -I "$(client_inner 1)" "$LAB_INNER"
	expect_good_end
}

# shellcheck shell=bash
# rekeys of IKE SA and child and re-authentication, by client and by server; the server's DPD

needs() {
	peers_missing
	director_missing
	capture_missing
}

# Client 1 speaks IKEv2, client 2 IKEv1, each with a server of its own; what one of them sends
# after all these changes never comes to the other's.
stage() {
	peers_server_dpd 3
	stage_up 2 2 rr
	clients_start 2 "$LAB_VIP" 1 1
	clients_start 1 "$LAB_VIP" 2 2
	capture_start to-gw1 s1 lan
	capture_start to-gw2 s2 lan
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect_reauthenticates 1 "$(client_address 1)"
	expect_rekeys 1 "$(client_address 1)"
	expect_rekeys 2 "$(client_address 2)"
	expect_dpd_answered 1
	capture_stop to-gw1 to-gw2
	expect_at_least "IKE SAs of client 1 seen at gw1" 5 \
		"$(capture_cookies to-gw1 host "$(client_address 1)" | wc -l)"
	expect_at_least "IKE SAs of client 2 seen at gw2" 3 \
		"$(capture_cookies to-gw2 host "$(client_address 2)" | wc -l)"
	expect_captured "packets of client 1 at gw2" 0 to-gw2 host "$(client_address 1)"
	expect_captured "packets of client 2 at gw1" 0 to-gw1 host "$(client_address 2)"
	expect_good_end
}

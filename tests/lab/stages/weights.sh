# shellcheck shell=bash
# server set weight=0 quiesces a real server live: old clients stay, new ones go elsewhere

# Two clients, then gw1 goes to weight 0, two more, then back.
stage() {
	stage_up 5 2 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 2 "$(clients_initiate 1 2)"
	expect "spread" 1/1 "$(servers_spread)"
	expect_true "server set vpn gw1 weight=0" \
		director_ctl server set vpn gw1 weight=0
	expect "weight that the tool shows" 0 \
		"$(director_query servers '.[] | select(.server == "gw1") | .weight')"
	expect "new clients established" 2 "$(clients_initiate 3 4)"
	expect "spread" 1/3 "$(servers_spread)"
	expect "pings answered, the old client of gw1 too" 4 "$(clients_ping 1 4)"
	expect_true "a client of gw1 renews its IKE SA there" \
		peer_ctl c1 --rekey --ike vpn
	expect "server of client 1" 1 "$(server_of_client "$(client_address 1)")"
	expect_true "server set vpn gw1 weight=1" \
		director_ctl server set vpn gw1 weight=1
	expect "one more established" 1 "$(clients_initiate 5 5)"
	expect "spread" 2/3 "$(servers_spread)"
	expect "what the tool says to an unknown server" 1 \
		"$(director_ctl server set vpn nobody weight=1 >/dev/null 2>&1; echo $?)"
	expect_good_end
}

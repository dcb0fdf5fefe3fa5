# shellcheck shell=bash
# IPsec for a VIP never goes where the default route points

# Sends one of everything to both VIPs from client 1.
send_all() {
	local vip protocol
	for vip in "$LAB_VIP" "$LAB_VIP6"; do
		for protocol in esp ah udp; do
			stray 1 -p "$protocol" -P 40000 -w 100 "$vip" >>"$LAB_DIR/log/stray.log"
		done
	done
	client_initiate 1 3
}

# Claims that client 1 cannot get in and that nothing goes to the default route, as $1 is.
expect_held() {
	client_ping_once 1 && stage_fail "a ping went through with $1"
	client_forget 1
	send_all && stage_fail "client 1 got in with $1"
	expect "to the default route with $1" 0 "$(watch_leaked)"
}

# The way to the real server goes and comes back, then the daemon dies, then all together.
stage() {
	stage_up 1 1 rr "fast-path = off"
	clients_start 2 "$LAB_VIP"
	expect "clients established" 1 "$(clients_initiate 1 1)"
	lab_ip dir link set lan down
	expect_held "the real server's link down"
	lab_ip dir link set lan up
	client_forget 1
	expect_true "client 1 gets in again when the link is back" client_initiate 1
	expect "pings answered" 1 "$(clients_ping 1 1)"
	director_kill
	expect_held "the daemon killed"
	lab_ip dir link set lan down
	expect_held "the daemon killed and the link down"
	lab_ip dir link set lan up
	stage_director_start
	expect_good_daemon
	expect_held "the daemon stopped"
}

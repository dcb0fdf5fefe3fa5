# shellcheck shell=bash
# IPsec for a VIP never goes where the default route points

# Sends one of everything to both VIPs from client 1.
send_all() {
	local vip protocol
	for vip in "$LAB_VIP" "$LAB_VIP6"; do
		for protocol in esp ah udp; do
			stray 1 -p "$protocol" -w 100 "$vip" >>"$LAB_DIR/log/stray.log"
		done
	done
	client_initiate 1 3
}

# The daemon's routes, its links and itself are taken away one after the other.
stage() {
	stage_up 1 1 rr
	clients_start 2 "$LAB_VIP"
	expect "clients established" 1 "$(clients_initiate 1 1)"
	lab_ip dir link set lan down
	client_ping 1 && stage_fail "a ping went through without a link to the real server"
	client_forget 1
	send_all && stage_fail "client 1 got in without a link to the real server"
	expect "to the default route without the real servers' link" 0 "$(watch_leaked)"
	lab_ip dir link set lan up
	lab_ip dir route flush table 9000
	lab_ip dir route flush table 9001
	client_forget 1
	send_all && stage_fail "client 1 got in without a route"
	expect "to the default route without the daemon's routes" 0 "$(watch_leaked)"
	director_stop
	client_forget 1
	send_all && stage_fail "client 1 got in without a director"
	expect "to the default route with the daemon stopped" 0 "$(watch_leaked)"
}

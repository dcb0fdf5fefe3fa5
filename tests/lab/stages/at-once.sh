# shellcheck shell=bash
# sixteen clients come at once, over three real servers by wlc

# Everyone starts in the same moment; no handshake may be torn between real servers.
stage() {
	local i pids=() up=0
	stage_up 16 3 wlc
	clients_start 2 "$LAB_VIP"
	for ((i = 1; i <= 16; i++)); do
		client_initiate "$i" 30 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" && up=$((up + 1)); done
	expect "clients established" 16 "$up"
	expect "pings answered" 16 "$(clients_ping 1 16)"
	expect_agreement 1 16
	expect "spread, most first" 6/5/5 "$(director_query servers \
		'map(.clients) | sort | reverse | join("/")')"
	expect_good_end
}

#Requires -RunAsAdministrator
# The rules of west/jump1, by Glacis. Running this script again replaces them.
# Rules of others are switched off, since they would let more pass; -KeepOtherRules leaves them as they are.
param([switch] $KeepOtherRules)
$ErrorActionPreference = 'Stop'
$group = 'Glacis west/jump1'
Set-NetFirewallProfile -All -Enabled True -DefaultInboundAction Block -DefaultOutboundAction Block
Get-NetFirewallRule -PolicyStore PersistentStore | Where-Object Group -eq $group | Remove-NetFirewallRule
if (-not $KeepOtherRules) {
  Get-NetFirewallRule -PolicyStore PersistentStore | Disable-NetFirewallRule
}

# west/jump1/native/in
New-NetFirewallRule -Group $group -Name 'west/jump1/native/in 0' -DisplayName 'role/ssh' -Description 'Category 3: open to the clients named there. (examples/two-sites/network.yaml:49:7)' -Direction Inbound -Action Allow -Profile Any -Protocol TCP -LocalPort '22' -RemoteAddress '10.16.1.5/32','10.32.1.5/32','fd67:6c61:16:1::5/128','fd67:6c61:32:1::5/128' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/in 1' -DisplayName 'native/dhcp-reply' -Description 'The machine gets its address. (template native-host (examples/two-sites/network.yaml:52:3))' -Direction Inbound -Action Allow -Profile Any -Protocol UDP -LocalPort '68' -RemotePort '67' -LocalAddress '0.0.0.0/1','128.0.0.0/1' -RemoteAddress '10.16.1.0/24' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/in 2' -DisplayName 'native/dhcp6-reply' -Description 'The machine gets its IPv6 address. (template native-host (examples/two-sites/network.yaml:52:3))' -Direction Inbound -Action Allow -Profile Any -Protocol UDP -LocalPort '546' -RemotePort '547' -LocalAddress '::/1','8000::/1' -RemoteAddress 'fd67:6c61:16:1::/64','fe80::/10' | Out-Null

# west/jump1/native/out
New-NetFirewallRule -Group $group -Name 'west/jump1/native/out 0' -DisplayName 'native/dhcp' -Description 'The machine asks for its address. (template native-host (examples/two-sites/network.yaml:52:3))' -Direction Outbound -Action Allow -Profile Any -Protocol UDP -LocalPort '68' -RemotePort '67' -LocalAddress '0.0.0.0/1','128.0.0.0/1' -RemoteAddress '0.0.0.0/1','128.0.0.0/1' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/out 1' -DisplayName 'native/dhcp6' -Description 'The machine asks for its IPv6 address. (template native-host (examples/two-sites/network.yaml:52:3))' -Direction Outbound -Action Allow -Profile Any -Protocol UDP -LocalPort '546' -RemotePort '547' -LocalAddress '::/1','8000::/1' -RemoteAddress '::/1','8000::/1' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/out 2' -DisplayName 'native/dns' -Description 'The machine is a client of this service of west. (template native-host (examples/two-sites/network.yaml:44:7))' -Direction Outbound -Action Allow -Profile Any -Protocol UDP -RemotePort '53' -RemoteAddress '10.16.1.1/32','10.16.1.2/32','fd67:6c61:16:1::1/128','fd67:6c61:16:1::2/128' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/out 3' -DisplayName 'native/dns-tcp' -Description 'The machine is a client of this service of west. (template native-host (examples/two-sites/network.yaml:44:7))' -Direction Outbound -Action Allow -Profile Any -Protocol TCP -RemotePort '53' -RemoteAddress '10.16.1.1/32','10.16.1.2/32','fd67:6c61:16:1::1/128','fd67:6c61:16:1::2/128' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/out 4' -DisplayName 'native/agent' -Description 'The machine is a client of this service of west. (template native-host (examples/two-sites/network.yaml:46:7))' -Direction Outbound -Action Allow -Profile Any -Protocol TCP -RemotePort '7443' -RemoteAddress '10.16.2.1/32','10.16.2.2/31','fd67:6c61:16:2::1/128','fd67:6c61:16:2::2/127' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/jump1/native/out 5' -DisplayName 'native/ssh-east' -Description 'The machine is a client of this service of east. (template native-host (examples/two-sites/network.yaml:49:7))' -Direction Outbound -Action Allow -Profile Any -Protocol TCP -RemotePort '22' -RemoteAddress '10.32.1.5/32','fd67:6c61:32:1::5/128' | Out-Null

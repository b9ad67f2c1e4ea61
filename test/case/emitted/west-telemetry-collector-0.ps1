#Requires -RunAsAdministrator
# The rules of west/telemetry-collector-0, by Glacis. Running this script again replaces them.
# Rules of others are switched off, since they would let more pass; -KeepOtherRules leaves them as they are.
param([switch] $KeepOtherRules)
$ErrorActionPreference = 'Stop'
$group = 'Glacis west/telemetry-collector-0'
Set-NetFirewallProfile -All -Enabled True -DefaultInboundAction Block -DefaultOutboundAction Block
Get-NetFirewallRule -PolicyStore PersistentStore | Where-Object Group -eq $group | Remove-NetFirewallRule
if (-not $KeepOtherRules) {
  Get-NetFirewallRule -PolicyStore PersistentStore | Disable-NetFirewallRule
}

# west/telemetry-collector-0/guest/in
New-NetFirewallRule -Group $group -Name 'west/telemetry-collector-0/guest/in 0' -DisplayName 'guest/machines' -Description 'Other machines have no business here. (examples/two-sites/network.yaml:111:23)' -Direction Inbound -Action Block -Profile Any -RemoteAddress '10.16.64.0/18','198.51.100.61/32','198.51.100.62/32','2001:db8:16::fffe/127','fd67:6c61:16:64::/64' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/telemetry-collector-0/guest/in 1' -DisplayName 'guest/readings' -Description 'Meters send their readings. (examples/two-sites/network.yaml:112:23)' -Direction Inbound -Action Allow -Profile Any -Protocol UDP -LocalPort '5140' | Out-Null
New-NetFirewallRule -Group $group -Name 'west/telemetry-collector-0/guest/in 2' -DisplayName 'guest/upload' -Description 'Meters send what they have kept. (examples/two-sites/network.yaml:113:23)' -Direction Inbound -Action Allow -Profile Any -Protocol TCP -LocalPort '5140' | Out-Null

# west/telemetry-collector-0/guest/out
New-NetFirewallRule -Group $group -Name 'west/telemetry-collector-0/guest/out 0' -DisplayName 'guest/outbound' -Description 'The customer does not restrict what the machine sends otherwise. (examples/two-sites/network.yaml:109:9)' -Direction Outbound -Action Allow -Profile Any | Out-Null

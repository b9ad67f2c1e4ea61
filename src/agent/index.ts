/** What runs in a host partition: the agent that answers the VMs of the host. */
export * from './exchange.ts'
export * from './host-agents.ts'
export * from './http-front.ts'
export * from './instance-metadata.ts'

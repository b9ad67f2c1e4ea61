/** What the data plane tells, as things that people ask about: events with their rule, filters of them, hits of rules. */
export * from './event.ts'
export * from './event-filter.ts'
export * from './event-json.ts'
export * from './live-trace.ts'
export * from './model-check.ts'
export * from './pcap-recorder.ts'

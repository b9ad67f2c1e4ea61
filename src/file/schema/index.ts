/** What may be written in a network file and in a file of rules. */
export type {
  AccessRuleFile,
  InstanceEndpointFile,
  InternalEndpointFile,
  PublicEndpointFile,
} from './endpoint.ts'
export type { ExceptionFile, ExpectationFile } from './expectation.ts'
export * from './filter-rule.ts'
export { infrastructureClientKinds } from './infrastructure.ts'
export * from './json-schema.ts'
export * from './limits.ts'
export * from './network-file.ts'
export * from './quotas.ts'
export type { AvailabilityFile } from './ratings.ts'
export type { RoleFile } from './role.ts'
export type { ServiceFile } from './service.ts'
export { maxSites, type SiteFile } from './site.ts'
export type { CountedMachine, TemplateFile } from './template.ts'
export { namePattern, tagPattern, zonePattern } from './values.ts'

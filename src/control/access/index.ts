/** Support access: grants for a limited time. */
export * from './access-error.ts'
export * from './controller.ts'
export type { GrantStatus } from './grant.ts'
export type { MapsOfNodes } from './mapped-grants.ts'
export type { AccessRequest } from './request.ts'

/** Every diagnostic number: a title, and the long form that `glacis explain CODE` prints. */
export interface DiagnosticEntry {
  readonly title: string
  readonly text: string
}

export const diagnosticTable = {
  GL1001: { title: 'file cannot be read', text: '' },
  GL1002: { title: 'file too large', text: '' },
  GL1003: { title: 'not a text file', text: '' },
  GL1004: { title: 'YAML syntax', text: '' },
  GL1005: { title: 'nested too deeply', text: '' },
  GL1006: { title: 'aliases expand too far', text: '' },
  GL1007: { title: 'key given twice', text: '' },
  GL1008: { title: 'unknown key', text: '' },
  GL1009: { title: 'missing key', text: '' },
  GL1010: { title: 'wrong type', text: '' },
  GL1011: { title: 'value out of range', text: '' },
  GL1012: { title: 'malformed value', text: '' },
  GL1020: { title: 'XML syntax', text: '' },
  GL1021: { title: 'unexpected XML document', text: '' },
  GL1022: { title: 'XML attribute missing', text: '' },
  GL1023: { title: 'instance count missing', text: '' },
  GL1024: { title: 'XML element not supported yet', text: '' },
  GL1025: { title: 'unknown endpoint protocol', text: '' },
  GL1026: { title: 'role without a definition', text: '' },
  GL1027: { title: 'XML attribute out of range', text: '' },
  GL1028: { title: 'module not expanded', text: '' },
  GL2001: { title: 'reference to nothing', text: '' },
  GL2002: { title: 'pool exhausted', text: '' },
  GL2003: { title: 'no host for the virtual machines', text: '' },
  GL2004: { title: 'VIP outside its pool', text: '' },
  GL2005: { title: 'given twice', text: '' },
  GL2010: { title: 'address family missing', text: '' },
  GL2011: { title: 'pool outside the internal prefixes', text: '' },
  GL2012: { title: 'public prefix inside the internal prefixes', text: '' },
  GL2013: { title: 'overlapping prefixes', text: '' },
  GL2014: { title: 'addresses that machines cannot have', text: '' },
  GL2015: { title: 'network too large', text: '' },
  GL2020: { title: 'port of a VIP taken', text: '' },
  GL2021: { title: 'port of a VM taken', text: '' },
  GL2022: { title: 'reserved port', text: '' },
  GL2030: { title: 'name too long', text: '' },
  GL2031: { title: 'machines of the same name', text: '' },
  GL2032: { title: 'name of a machine', text: '' },
  GL2040: { title: 'service without roles, or with two sets', text: '' },
  GL2041: { title: 'VIP without a public endpoint', text: '' },
  GL2042: { title: 'two addresses of one family', text: '' },
  GL2043: { title: 'template not used', text: '' },
} as const satisfies Record<string, DiagnosticEntry>

export type DiagnosticCode = keyof typeof diagnosticTable

/** A certificate for the lab's HTTPS servers: self-signed, of this process alone, its key never written anywhere. */
import type { Network } from '../../../model/index.ts'

/** Both in PEM, as Node's tls module takes them. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
/** Days from now. */
const validity = 30
const day = 24 * 3600 * 1000

/** For the names of all services of the network, by wildcards: `*.west.cloudapp.example`. */
export async function createCertificate({ zone, services }: Network): Promise<Certificate> {
  // The library takes as long to load as a small lab to come up, and needs the first of the two loaded before.
  await import('reflect-metadata')
  const { SubjectAlternativeNameExtension, X509CertificateGenerator } = await import('@peculiar/x509')
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Glacis lab',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + validity * day),
    extensions: [
      new SubjectAlternativeNameExtension(
        wildcards(
          zone,
          services.flatMap(({ deployments }) => deployments.map(({ dnsName }) => dnsName)),
        ).map((value) => ({ type: 'dns', value })),
      ),
    ],
  })
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  }
}

/** The zone itself, and a wildcard in place of the first label of each name. */
const wildcards = (zone: string, names: readonly string[]): string[] => [
  zone,
  ...new Set(names.map((name) => ['*', ...name.split('.').slice(1), zone].join('.'))),
]

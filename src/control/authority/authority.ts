/**
 * The platform's own certificate authority: a root, and a certificate for each machine of the infrastructure that needs one, for
 * both ends of a connection. ECDSA with P-256 (RFC 8446 section 9.1 makes every TLS 1.3 implementation know it). Keys are made
 * here and stay in this process, but for what {@link writeCredentials} is told to write.
 */
import { randomBytes, type webcrypto } from 'node:crypto'
import type { Network, Node } from '../../model/index.ts'
import { formatIp } from '../../net/index.ts'
import { identityUri } from './identity.ts'

/** In PEM. */
export interface Credentials {
  readonly certificate: string
  readonly key: string
  readonly notBefore: Date
  readonly notAfter: Date
}

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

const hour = 3_600_000
/** Clocks of other machines may be behind by so much. */
const skew = hour / 12
const rootLifetime = 365 * 24 * hour
const leafLifetime = 24 * hour
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

type Library = typeof import('@peculiar/x509')

export class Authority {
  readonly #library: Library
  readonly #network: Network
  readonly #keys: webcrypto.CryptoKeyPair
  /** In PEM: what to trust. */
  readonly root: string
  readonly #issuer: InstanceType<Library['X509Certificate']>
  readonly #leaves = new Map<string, Promise<Credentials>>()

  private constructor(
    library: Library,
    network: Network,
    keys: webcrypto.CryptoKeyPair,
    issuer: InstanceType<Library['X509Certificate']>,
  ) {
    this.#library = library
    this.#network = network
    this.#keys = keys
    this.#issuer = issuer
    this.root = `${issuer.toString('pem')}\n`
  }

  /** A new one, with a key that nobody else has. */
  static async create(network: Network): Promise<Authority> {
    // The library takes as long to load as a small lab to come up, and needs the first of the two loaded before.
    await import('reflect-metadata')
    const library = await import('@peculiar/x509')
    const keys = await generateKeys()
    const now = Date.now()
    const issuer = await library.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: `CN=Glacis platform CA of ${network.name}`,
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(now - skew),
      notAfter: new Date(now + rootLifetime),
      extensions: [
        new library.BasicConstraintsExtension(true, 0, true),
        new library.KeyUsagesExtension(
          library.KeyUsageFlags.keyCertSign | library.KeyUsageFlags.cRLSign,
          true,
        ),
        await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return new Authority(library, network, keys, issuer)
  }

  /** A machine's own, the same until half of its lifetime is over. */
  async credentials(node: Node): Promise<Credentials> {
    const known = await this.#leaves.get(node.id)
    if (known && !isStale(known)) return known
    const made = this.issue(node)
    this.#leaves.set(node.id, made)
    return made
  }

  /** A certificate beside a machine's own, with a key of its own. */
  async issue(node: Node, validity: Validity = leafValidity()): Promise<Credentials> {
    const library = this.#library
    const keys = await generateKeys()
    const certificate = await library.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: `CN=${node.id}`,
      issuer: this.#issuer.subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      ...validity,
      extensions: [
        new library.BasicConstraintsExtension(false, undefined, true),
        new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
        new library.ExtendedKeyUsageExtension([
          library.ExtendedKeyUsage.serverAuth,
          library.ExtendedKeyUsage.clientAuth,
        ]),
        new library.SubjectAlternativeNameExtension([
          { type: 'url', value: identityUri(this.#network, node) },
          ...node.addresses.map((address) => ({ type: 'ip' as const, value: formatIp(address) })),
        ]),
        await library.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
        await library.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    return { certificate: `${certificate.toString('pem')}\n`, key: await pemOf(keys.privateKey), ...validity }
  }
}

/** Whether a certificate is to be replaced by a new one: half of its lifetime is over. */
export const isStale = ({ notBefore, notAfter }: Validity, now = Date.now()): boolean =>
  now > (notBefore.getTime() + notAfter.getTime()) / 2

function leafValidity(): Validity {
  const now = Date.now()
  return { notBefore: new Date(now - skew), notAfter: new Date(now + leafLifetime) }
}

const generateKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

/** Positive, at most 20 bytes, not to be guessed (RFC 5280 section 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}

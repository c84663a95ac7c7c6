import type { Name } from '../name.ts'

/** Four octets, network order. */
export interface A {
  readonly kind: 'A'
  readonly address: Uint8Array
}

/** Sixteen octets, network order (RFC 3596). */
export interface Aaaa {
  readonly kind: 'AAAA'
  readonly address: Uint8Array
}

export interface Ns {
  readonly kind: 'NS'
  readonly nameServer: Name
}

export interface Cname {
  readonly kind: 'CNAME'
  readonly target: Name
}

/** RFC 6672. */
export interface Dname {
  readonly kind: 'DNAME'
  readonly target: Name
}

export interface Ptr {
  readonly kind: 'PTR'
  readonly target: Name
}

/** RFC 1035, section 3.3.13; times in seconds. */
export interface Soa {
  readonly kind: 'SOA'
  readonly primary: Name
  readonly mailbox: Name
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** TTL of negative answers, in seconds (RFC 2308, section 4). */
  readonly minimum: number
}

/** RFC 1035, section 3.3.2; today the answer to a query for ANY (RFC 8482). */
export interface Hinfo {
  readonly kind: 'HINFO'
  readonly cpu: Uint8Array
  readonly os: Uint8Array
}

/** RFC 1183, section 2.2. */
export interface Rp {
  readonly kind: 'RP'
  readonly mailbox: Name
  /** Owner of TXT records about the person. */
  readonly about: Name
}

/** RFC 1183, section 1. */
export interface Afsdb {
  readonly kind: 'AFSDB'
  readonly subtype: number
  readonly host: Name
}

export interface Mx {
  readonly kind: 'MX'
  readonly preference: number
  readonly exchange: Name
}

/** One or more character strings of up to 255 octets each. */
export interface Txt {
  readonly kind: 'TXT'
  readonly strings: readonly Uint8Array[]
}

/** RFC 2782. */
export interface Srv {
  readonly kind: 'SRV'
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: Name
}

/** One service parameter: its key (RFC 9460, section 14.3.2) and its value in wire format. */
export interface SvcParam {
  readonly key: number
  readonly value: Uint8Array
}

/** RFC 9460; parameters in ascending order of key. Priority 0 is AliasMode. */
export interface Svcb {
  readonly kind: 'SVCB'
  readonly priority: number
  readonly target: Name
  readonly params: readonly SvcParam[]
}

/** RFC 9460, section 9. */
export interface Https {
  readonly kind: 'HTTPS'
  readonly priority: number
  readonly target: Name
  readonly params: readonly SvcParam[]
}

/** RFC 8659. */
export interface Caa {
  readonly kind: 'CAA'
  readonly flags: number
  readonly tag: string
  readonly value: Uint8Array
}

interface CertificateAssociation {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly data: Uint8Array
}

/** RFC 6698. */
export interface Tlsa extends CertificateAssociation {
  readonly kind: 'TLSA'
}

/** RFC 8162. */
export interface Smimea extends CertificateAssociation {
  readonly kind: 'SMIMEA'
}

/** RFC 4255. */
export interface Sshfp {
  readonly kind: 'SSHFP'
  readonly algorithm: number
  readonly fingerprintType: number
  readonly fingerprint: Uint8Array
}

/** RFC 3403. */
export interface Naptr {
  readonly kind: 'NAPTR'
  readonly order: number
  readonly preference: number
  readonly flags: Uint8Array
  readonly services: Uint8Array
  readonly regexp: Uint8Array
  readonly replacement: Name
}

/** RFC 7553. */
export interface Uri {
  readonly kind: 'URI'
  readonly priority: number
  readonly weight: number
  /** UTF-8 octets, not a character string: no length octet and no limit of 255. */
  readonly target: Uint8Array
}

interface DelegationSigner {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

/** RFC 4034, section 5. */
export interface Ds extends DelegationSigner {
  readonly kind: 'DS'
}

/** RFC 7344: the DS that the parent zone is to have. */
export interface Cds extends DelegationSigner {
  readonly kind: 'CDS'
}

interface ZoneSigningKey {
  readonly flags: number
  readonly protocol: number
  readonly algorithm: number
  readonly publicKey: Uint8Array
}

/** RFC 4034, section 2. */
export interface Dnskey extends ZoneSigningKey {
  readonly kind: 'DNSKEY'
}

/** RFC 7344: the key whose DS the parent zone is to have. */
export interface Cdnskey extends ZoneSigningKey {
  readonly kind: 'CDNSKEY'
}

/** RFC 7929: a transferable public key in OpenPGP's binary form. */
export interface OpenPgpKey {
  readonly kind: 'OPENPGPKEY'
  readonly key: Uint8Array
}

/** RFC 1876, version 0; the fields are as on the wire. */
export interface Loc {
  readonly kind: 'LOC'
  /** Diameter of the enclosing sphere, as base and power of ten in centimetres (one octet). */
  readonly size: number
  readonly horizontalPrecision: number
  readonly verticalPrecision: number
  /** Thousandths of an arc second; 2^31 is the equator, larger is north. */
  readonly latitude: number
  /** Thousandths of an arc second; 2^31 is the prime meridian, larger is east. */
  readonly longitude: number
  /** Centimetres above 100,000 m below the WGS 84 spheroid. */
  readonly altitude: number
}

/** Rdata of a type that has no codec here, uninterpreted (RFC 3597). */
export interface Unknown {
  readonly kind: 'UNKNOWN'
  readonly octets: Uint8Array
}

export type Rdata =
  | A
  | Aaaa
  | Ns
  | Cname
  | Dname
  | Ptr
  | Soa
  | Hinfo
  | Mx
  | Txt
  | Rp
  | Afsdb
  | Srv
  | Svcb
  | Https
  | Caa
  | Tlsa
  | Smimea
  | Sshfp
  | Naptr
  | Uri
  | Ds
  | Cds
  | Dnskey
  | Cdnskey
  | OpenPgpKey
  | Loc
  | Unknown

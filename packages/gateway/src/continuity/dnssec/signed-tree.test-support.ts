import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How a zone is signed. Where nothing is said: P-256, NSEC, from an hour ago for thirty days. */
export interface Signing {
  readonly algorithm?: string
  readonly nsec3?: { readonly optOut?: boolean; readonly iterations?: number }
  /** As `dnssec-signzone` takes them: `now-60d`. */
  readonly inception?: string
  readonly expiration?: string
  /** For the DS record; SHA-256 where absent. */
  readonly digest?: 'SHA-1' | 'SHA-384'
}

export interface ZonePlan {
  /** The zone's records without SOA and NS, names relative to its apex. */
  readonly records?: string
  /** Absent where it is not signed. */
  readonly signing?: Signing
  /** What the parent says: where absent, the zone's own DS, if it is signed. */
  readonly ds?: 'none' | { readonly of: string }
}

/** Signed zone files by apex, and the DS records of each signed zone, the root's among them. */
export interface SignedTree {
  readonly zones: Readonly<Record<string, string>>
  readonly ds: Readonly<Record<string, string>>
}

/**
 * Signs zones with BIND's tools, those below before those above; the one with too many iterations for them with ldns's.
 * @param plans by apex; the parent of each is one of them.
 */
export async function signTree(plans: Readonly<Record<string, ZonePlan>>): Promise<SignedTree> {
  const directory = await mkdtemp(join(tmpdir(), 'signpost-signed-tree-'))
  try {
    return await signIn(directory, plans)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function signIn(directory: string, plans: Readonly<Record<string, ZonePlan>>): Promise<SignedTree> {
  const apexes = Object.keys(plans)
  const ds: Record<string, string> = {}
  const keys: Record<string, string> = {}
  for (const apex of apexes) {
    const signing = plans[apex]?.signing
    if (signing === undefined) continue
    const { algorithm = 'ECDSAP256SHA256', digest = 'SHA-256' } = signing
    const bits = algorithm.startsWith('RSA') ? ['-b', '2048'] : []
    const args = ['-q', '-a', algorithm, ...bits, '-f', 'KSK', '-K', directory, apex]
    const key = (await run('dnssec-keygen', args)).stdout.trim()
    keys[apex] = key
    ds[apex] = (await run('dnssec-dsfromkey', ['-a', digest, join(directory, key)])).stdout
  }
  const zones: Record<string, string> = {}
  for (const apex of apexes) {
    const { records = '', signing } = plans[apex] ?? {}
    const children = apexes.filter(child => child !== '.' && parentOf(child, apexes) === apex)
    const delegations = children.flatMap(child => [`${child} NS ns.test.`, dsFor(child, plans[child], ds)])
    const text = `$ORIGIN ${apex}
$TTL 300
@ SOA ns.test. hostmaster.test. 1 3600 600 86400 300
@ NS ns.test.
${records}
${delegations.join('\n')}
`
    zones[apex] = signing === undefined ? text : await sign(directory, apex, text, signing, keys[apex] ?? '')
  }
  return { zones, ds }
}

/** The longest of the other apexes that it is below. */
function parentOf(child: string, apexes: readonly string[]): string | undefined {
  return apexes
    .filter(apex => apex !== child && (apex === '.' || child.endsWith(`.${apex}`)))
    .sort((one, other) => other.length - one.length)[0]
}

function dsFor(child: string, plan: ZonePlan | undefined, ds: Readonly<Record<string, string>>): string {
  if (plan?.ds === 'none') return ''
  const text = plan?.ds === undefined ? ds[child] : ds[plan.ds.of]
  return text === undefined ? '' : text.replace(/^\S+/, child)
}

async function sign(
  directory: string,
  apex: string,
  text: string,
  signing: Signing,
  key: string,
): Promise<string> {
  const { nsec3, inception = 'now-1h', expiration = 'now+30d' } = signing
  const file = join(directory, 'zone')
  await writeFile(file, text)
  if ((nsec3?.iterations ?? 0) > 50) {
    const args = ['-n', '-s', 'aabb', '-t', String(nsec3?.iterations), '-o', apex, '-f', `${file}.signed`]
    await run('ldns-signzone', [...args, file, join(directory, key)])
  } else {
    const hashing =
      nsec3 === undefined
        ? []
        : ['-3', 'aabb', '-H', String(nsec3.iterations ?? 0), ...(nsec3.optOut === true ? ['-A'] : [])]
    const times = ['-s', inception, '-e', expiration]
    const args = [
      '-q',
      '-P',
      '-S',
      '-z',
      '-K',
      directory,
      '-o',
      apex,
      '-f',
      `${file}.signed`,
      ...times,
      ...hashing,
    ]
    await run('dnssec-signzone', [...args, file], { cwd: directory })
  }
  const signed = await readFile(`${file}.signed`, 'utf8')
  for (const left of await readdir(directory))
    if (left.startsWith('zone') || left.startsWith('dsset')) await rm(join(directory, left))
  return signed
}

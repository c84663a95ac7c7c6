import {
  type Name,
  type Question,
  RrClass,
  RrType,
  SignpostError,
  isMetaType,
  recordsOf,
} from '@signpost/dns'
import type { Ask } from './ask.ts'
import { type Budget, MAX_ALIASES, Purse } from './budget.ts'
import { Chain, type Lookup, type Sections, redirectionOf } from './chain.ts'
import { apparentDenier, denialOf, gatherProof } from './denial.ts'
import { lastLabels } from './octets.ts'
import { type SignedSet, apparentSigner } from './signed-set.ts'
import { ROOT_TRUST_ANCHORS, type TrustAnchor } from './trust-anchors.ts'
import { type Doubt, type Verdict, bogus, indeterminate, isDoubt } from './verdict.ts'
import { printSet, verifySet } from './verify-set.ts'

export interface Validator {
  /**
   * Looks a question of class IN up and validates the answer. Never rejects but where `ask` does.
   * @param signal ends the lookup, which is `indeterminate` then.
   */
  lookUp(question: Question, signal: AbortSignal): Promise<Verdict>
}

export interface ValidatorParts {
  readonly ask: Ask
  /** IANA's for the root where absent. */
  readonly trustAnchors?: readonly TrustAnchor[]
  /** Milliseconds since 1970: signatures are valid between two times. */
  readonly now: () => number
  /** What one lookup may cost; another one is for tests alone. */
  readonly budget?: Budget
}

/**
 * Validates answers by DNSSEC (RFC 4035, section 5) as one needs it who remembers what he learns: a signed name is never
 * found to be unsigned because something did not come, came too late, or is not known here. Only a signed proof that there is no
 * DS record makes a name `insecure`.
 */
export function createValidator(parts: ValidatorParts): Validator {
  const { ask, trustAnchors = ROOT_TRUST_ANCHORS, now, budget } = parts
  const chain = new Chain({ ask, trustAnchors })
  return {
    async lookUp({ name, type, class: rrClass }, signal) {
      if (rrClass !== RrClass.IN || type === RrType.RRSIG || isMetaType(type))
        return indeterminate(`${printSet({ name, type })} is not what a zone signs`)
      return follow(chain, name, type, { purse: new Purse(budget), now: now() / 1000, signal })
    },
  }
}

/** Each alias starts again with a question of its own, so that every answer is judged for one name. */
async function follow(chain: Chain, from: Name, type: number, lookup: Lookup): Promise<Verdict> {
  let name = from
  let cut: Name | undefined
  for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
    const sections = await chain.sections(name, type, lookup)
    if (isDoubt(sections)) return sections
    const step = await judge(chain, sections, name, type, lookup)
    if (isDoubt(step)) return step
    if (step.kind !== 'alias') return cut === undefined ? step : unsignedOnTheWay(step, cut)
    cut ??= step.cut
    name = step.target
  }
  return bogus(`${from.toString()} leads through more than ${MAX_ALIASES} aliases`)
}

function unsignedOnTheWay(verdict: Exclude<Verdict, Doubt>, cut: Name): Verdict {
  return { kind: 'insecure', cut, records: verdict.kind === 'denied' ? [] : verdict.records }
}

/** Leads on to another name; `cut` as in an insecure verdict, where the alias is not signed. */
interface Alias {
  readonly kind: 'alias'
  readonly target: Name
  readonly cut: Name | undefined
}

async function judge(
  chain: Chain,
  sections: Sections,
  name: Name,
  type: number,
  lookup: Lookup,
): Promise<Verdict | Alias> {
  const { answers } = sections
  const wanted = answers.find(name, type)
  if (wanted !== undefined) {
    const standing = await standingOf(chain, wanted, sections, lookup)
    if (isDoubt(standing)) return standing
    const records = recordsOf({ ...wanted, ttl: standing.ttl })
    return standing.cut === undefined
      ? { kind: 'secure', records }
      : { kind: 'insecure', cut: standing.cut, records }
  }
  const cname = answers.find(name, RrType.CNAME)
  // What a DNAME makes of a name is not signed (RFC 6672, section 5.3.1): its own signature counts.
  const isSigned = cname !== undefined && cname.signatures.length > 0
  const alias = isSigned ? cname : (redirectionOf(answers, name) ?? cname)
  if (alias === undefined) return judgeDenial(chain, sections, name, type, lookup)
  const standing = await standingOf(chain, alias, sections, lookup)
  if (isDoubt(standing)) return standing
  const target = targetOf(alias, name)
  return 'kind' in target ? target : { kind: 'alias', target, cut: standing.cut }
}

function targetOf(alias: SignedSet, name: Name): Name | Doubt {
  const [rdata, second] = alias.rdatas
  if (second !== undefined) return bogus(`${printSet(alias)} leads to several names`)
  if (rdata?.kind === 'CNAME') return rdata.target
  if (rdata?.kind !== 'DNAME') return bogus(`${printSet(alias)} is no alias`)
  try {
    return name.rebase(alias.name, rdata.target)
  } catch (error) {
    if (!(error instanceof SignpostError)) throw error
    return bogus(`${printSet(alias)} makes a name of over 255 octets`)
  }
}

/** Of records that came: signed, or below a cut behind which nothing is. */
interface Standing {
  readonly kind: 'standing'
  readonly cut: Name | undefined
  /** Seconds. */
  readonly ttl: number
}

async function standingOf(
  chain: Chain,
  set: SignedSet,
  { authorities }: Sections,
  lookup: Lookup,
): Promise<Standing | Doubt> {
  const signer = apparentSigner(set)
  const holder = await chain.holderOf(signer ?? zoneSideOf(set.name, set.type), lookup)
  if (isDoubt(holder)) return holder
  if (holder.kind === 'unsigned') return { kind: 'standing', cut: holder.cut, ttl: set.ttl }
  const { zone } = holder
  const valid = await verifySet(set, zone, lookup.now, lookup.purse)
  if (valid.kind !== 'valid') return valid
  const { encloser, ttl } = valid
  if (encloser === undefined) return { kind: 'standing', cut: undefined, ttl }
  const proof = await gatherProof(authorities, set.name, zone, lookup.now, lookup.purse)
  if (isDoubt(proof)) return proof
  const absence = proof.evidence.absenceBelow(set.name, encloser)
  if (absence?.kind !== 'absent')
    return bogus(
      `${printSet(set)} is a wildcard's, and what came does not prove that there is nothing nearer`,
    )
  const cut = absence.optOut ? lastLabels(set.name, encloser.labelCount + 1) : undefined
  return { kind: 'standing', cut, ttl: Math.min(ttl, proof.ttl) }
}

/** A name in the zone that speaks for the type: of DS, that is the one above. */
function zoneSideOf(name: Name, type: number): Name {
  return type === RrType.DS ? name.parent : name
}

async function judgeDenial(
  chain: Chain,
  { authorities }: Sections,
  name: Name,
  type: number,
  lookup: Lookup,
): Promise<Verdict> {
  const side = zoneSideOf(name, type)
  const holder = await chain.holderOf(apparentDenier(authorities, side) ?? side, lookup)
  if (isDoubt(holder)) return holder
  if (holder.kind === 'unsigned') return { kind: 'insecure', cut: holder.cut, records: [] }
  const proof = await gatherProof(authorities, name, holder.zone, lookup.now, lookup.purse)
  if (isDoubt(proof)) return proof
  const denial = denialOf(proof.evidence, name, type)
  switch (denial.kind) {
    case 'no-name':
    case 'no-data':
      return { kind: 'denied', denial: denial.kind }
    case 'opt-out':
      return { kind: 'insecure', cut: denial.cut, records: [] }
    case 'bogus':
    case 'indeterminate':
      return denial
  }
}

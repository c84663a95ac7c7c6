import { type Case, type Role, readCases } from './case.ts'
import { applies, complaintsAbout } from './run.ts'
import { SUBJECTS, type Subject, startSubjects } from './subjects.ts'

/**
 * Prints what the cases say of servers: of all that this machine has, or of one that is given.
 * `conformance ADDRESS PORT resolver|authority [ORIGIN]`: the server must have, or be able to find, the zones in `zones/`.
 */
const ROLES: ReadonlySet<string> = new Set(['resolver', 'authority'] satisfies Role[])
const [host, port, role = 'resolver', origin = 'cases.example.net.'] = process.argv
  .slice(2)
  .filter(argument => argument !== '--')
const groups = await readCases()

if (!ROLES.has(role)) {
  console.error(`"${role}" is no role; write resolver or authority`)
  process.exit(2)
}

if (host !== undefined) {
  const subject: Subject = { name: host, role: role as Role, at: { host, port: Number(port ?? 53) }, origin }
  process.exitCode = (await report(subject)) ? 0 : 1
} else {
  await using subjects = await startSubjects()
  for (const { name, role } of SUBJECTS) if (!(await report(subjects.find(name, role)))) process.exitCode = 1
}

async function report(subject: Subject): Promise<boolean> {
  const cases = [...groups.values()].flat().filter(one => applies(one, subject))
  const outcomes = { good: 0, deviates: 0, bad: 0 }
  console.log(`\n${subject.name} as ${subject.role}`)
  for (const one of cases) {
    const complaints = await complaintsAbout(subject, one)
    outcomes[print(subject, one, complaints)]++
  }
  console.log(
    `  ${outcomes.good} as they must be, ${outcomes.deviates} known to deviate, ${outcomes.bad} wrong`,
  )
  return outcomes.bad === 0
}

function print(subject: Subject, one: Case, complaints: readonly string[]): 'good' | 'deviates' | 'bad' {
  const known = one.deviates[subject.name]
  if (complaints.length === 0 && known === undefined) return 'good'
  const isKnown = complaints.length > 0 && known !== undefined
  console.log(`  ${isKnown ? 'known' : 'WRONG'}  ${one.name} (${one.source})`)
  if (known !== undefined) console.log(`         ${known}`)
  for (const complaint of complaints) console.log(`         - ${complaint}`)
  if (complaints.length === 0) console.log('         - it deviates no more')
  return isKnown ? 'deviates' : 'bad'
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasTool } from '../../packages/dns/src/debian-tool.test-support.ts'
import { readCases } from './case.ts'
import { applies, complaintsAbout } from './run.ts'
import { SUBJECTS, type Subjects, startSubjects } from './subjects.ts'

const tools = [
  hasTool(['/usr/sbin/unbound', '-V'], 'unbound'),
  hasTool(['/usr/sbin/named', '-v'], 'bind9'),
  hasTool(['/usr/sbin/nsd', '-v'], 'nsd'),
  hasTool(['/usr/sbin/knotd', '--version'], 'knot'),
]
const cases = [...(await readCases()).values()].flat()

describe.skipIf(tools.includes(false))('conformance', () => {
  let subjects: Subjects
  beforeAll(async () => {
    subjects = await startSubjects()
  })
  afterAll(async () => {
    await subjects[Symbol.asyncDispose]()
  })

  describe.each(SUBJECTS)('$name as $role', ({ name, role }) => {
    test.each(cases.filter(one => applies(one, { role })))('$name', async one => {
      const complaints = await complaintsAbout(subjects.find(name, role), one)
      const why = one.deviates[name]
      if (why === undefined) expect(complaints).toEqual([])
      // What a server does not do is said with the case; once it does, that has to go.
      else expect(complaints, `it deviates no more: ${why}`).not.toEqual([])
    })
  })
})

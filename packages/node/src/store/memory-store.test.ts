import { MemoryStore } from './memory-store.ts'
import { describeStore } from './store.test-support.ts'

describeStore('MemoryStore', { create: async limits => new MemoryStore(limits) })

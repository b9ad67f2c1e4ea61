import type { Benchmark } from './main.ts'
export const benchmark: Benchmark = {
  about: '',
  async run() {
    return []
  },
}

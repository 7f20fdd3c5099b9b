export const benchmarks = []

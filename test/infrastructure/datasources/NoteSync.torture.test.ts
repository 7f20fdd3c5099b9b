import { convergence } from "./convergence.ts"

convergence(1_000)

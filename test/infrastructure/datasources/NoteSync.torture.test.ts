import { convergence } from "./convergence.ts"

// In portions, so that the runner hears from its worker.
for (let portion = 0; portion < 20; portion += 1) convergence(50)

export declare const directImports: (text: string) => string

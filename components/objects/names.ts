/** Name of the Secret with a user's keys. */
export const userSecretName = (plan: { name: string }, user: string): string => `${plan.name}-user-${user}`;

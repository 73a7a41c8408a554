// For thread and history: a step of a conversation in words.

import { derived } from 'svelte/store';
import { _ } from 'svelte-i18n';
import { desk } from './desk.svelte';
import type { Step } from './types';

/** The sentence for a step, in the agent's language: `$inSentence(step)`. */
export const inSentence = derived(_, ($_) => (step: Step) => {
  const { agent, count, reason } = step.data;
  const name = desk.nameOf(step.actor.startsWith('agent:') ? step.actor : (agent ?? ''));
  return $_(`step.${step.type}`, {
    default: step.type,
    values: {
      name,
      count: Number(count ?? 0),
      reason: reason ? $_(`reason.${reason}`, { default: String(reason) }) : '',
    },
  });
});

"""The practice plane of a simulated unit: goals, conversations, feedback, development plans, opportunities.

| module | what it holds |
|---|---|
| `settings` | the part of a scenario page that says how people work, before and as designed |
| `workplace` | who is there on which day, and how far their manager runs the loop |
| `phrases` | short texts in both languages |
| `goals` | goals and their changes |
| `dialogue` | conversations and feedback |
| `submissions` | when a questionnaire was handed in, and how long it took |
| `growth` | development plans and opportunities |
| `surroundings` | what a roster says beside the team; the team's business result; comments |
| `drawing` | all of it for one unit |
| `streaming` | a large unit, block by block into a store |

How far a team runs the loop (its *dose*) is the fidelity that the same world measures. The practice plane says
nothing of a person's answers, and no view ever joins the two for a person.
"""

"""A small grammar that writes film reviews with words on a scale from worst to best.

Every review has a sentiment between 0, the worst, and 1, the best. A sentence with an opinion
takes its words from near that position of the scale. A negated opinion takes them from the
opposite position. Sentences about the plot carry no sentiment.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from random import Random

# From worst to best.
ADJECTIVES = (
    "abysmal dreadful awful terrible horrid laughable dire tedious clumsy dull weak flat "
    "forgettable bland uneven passable watchable decent fair likable solid pleasant engaging "
    "charming clever gripping lovely moving excellent wonderful superb flawless"
).split()
VERDICTS = (
    "loathed hated endured regretted forgot doubted watched liked enjoyed admired loved adored"
).split()

SUBJECTS = (
    "film movie story plot script cast acting direction camera music score ending dialogue pace "
    "humour opening premise villain lead photography editing sequel romance finale"
).split()
ADVERBS = "really rather quite simply truly utterly somewhat mostly".split()
PEOPLE = "detective widow soldier teacher thief singer doctor pilot farmer king clerk spy".split()
DEEDS = "meets follows betrays rescues forgets marries robs teaches hides hunts visits".split()
PLACES = "Paris prison school space court Africa Berlin exile Rome Texas Japan London".split()
TIMES = "one night; after the war; years later; in winter; on a train; by chance".split("; ")

# Each theme has words of its own, and shares the last two with the theme behind it.
THEMES = tuple(
    words.split()
    for words in (
        "soldiers trenches battles tanks uniforms medals orders captains",
        "voyages storms harbours sailors orders captains maps islands",
        "treasure jungles ruins compasses maps islands bandits gold",
        "sheriffs horses saloons deserts bandits gold heists safes",
        "detectives alibis fingerprints clues heists safes lawyers lies",
        "weddings letters kisses jealousy lawyers lies secrets ghosts",
        "vampires cellars screams graves secrets ghosts aliens lasers",
        "rockets planets robots orbits aliens lasers rivals trophies",
        "boxers coaches referees stadiums rivals trophies bands tours",
        "songs pianos choirs guitars bands tours diaries teenagers",
        "teachers exams classrooms homework diaries teenagers pranks jokes",
        "clowns puns disguises pies pranks jokes soldiers trenches",
    )
)
THEMES_SENTENCES = (
    "There are {word} and {word2} all over it.",
    "It is a film about {word}.",
    "In the end the {word} decide everything.",
    "Its {subject} by {name} has {word} in nearly every scene.",
)

OPINIONS = (
    "The {subject} is {adverb} {adjective}.",
    "I found the {subject} {adjective}.",
    "How {adjective} the {subject} is!",
    "Its {subject} was {adjective}, and I {verdict} it.",
    "My friends and I {verdict} the {subject}.",
    "If you ask me, the {subject} is {adjective} throughout.",
)
NEGATIONS = (
    "The {subject} isn't {adjective}.",
    "I would not call the {subject} {adjective}.",
    "Nobody will find this {subject} {adverb} {adjective}.",
    "There is nothing {adjective} about the {subject}.",
)
PLOTS = (
    "{name} plays a {person} who {deed} a {person2} in {place}.",
    "It begins {time}, when {name} {deed} the {person}.",
    "The {subject} by {name} has a {person}, a {person2} and a {subject2}.",
    "{name} and {name2} are in it, too.",
    "Set in {place}, it shows how a {person} {deed} {name}.",
    "I saw it with a {person} {time}.",
)

PLOT_WORDS = {"person": PEOPLE, "deed": DEEDS, "place": PLACES, "time": TIMES, "subject": SUBJECTS}
PLOT_SLOTS = "person person2 deed place time subject subject2".split()
"""The slots of a sentence about the plot, in the order in which words are drawn for them."""

MEAN_SENTENCE = 9
"""Mean length of a sentence, in words."""

SYLLABLES = (
    "an bel cor da el fa gor hal in jo ka lin mor na os per qui ro sa tor ul vi wen ya zo".split()
)
NAMES = ["".join(syllables).capitalize() for syllables in product(SYLLABLES, repeat=3)]


def write_themed_review(themes: Iterable[int], mean_length: int, rng: Random) -> str:
    """Write a review with at least one sentence about each theme."""
    about = [
        rng.choice(THEMES_SENTENCES).format(
            word=rng.choice(THEMES[theme]),
            word2=rng.choice(THEMES[theme]),
            subject=rng.choice(SUBJECTS),
            name=rng.choice(NAMES),
        )
        for theme in themes
        for _ in range(rng.randint(1, 2))
    ]
    sentences = about + write_review(rng.random(), mean_length, rng).split(". ")
    rng.shuffle(sentences)
    return ". ".join(sentence.rstrip(".") for sentence in sentences) + "."


def write_review(sentiment: float, mean_length: int, rng: Random) -> str:
    """Write a review of about `mean_length` words; `sentiment` is from 0, worst, to 1, best."""

    def pick(words: Sequence[str]) -> str:
        return words[int(rng.random() * len(words))]

    def name() -> str:
        # A few names are frequent and most are rare, like words in real texts (Zipf's law).
        return NAMES[int(len(NAMES) ** rng.random()) - 1]

    n_words = rng.gauss(mean_length, mean_length / 3)
    sentences: list[str] = []
    length = 0
    while not sentences or length < n_words - MEAN_SENTENCE / 2:
        if rng.random() < 0.5:
            sentence = pick(PLOTS).format(
                name=name(),
                name2=name(),
                **{slot: pick(PLOT_WORDS[slot.removesuffix("2")]) for slot in PLOT_SLOTS},
            )
        else:
            negated = rng.random() < 0.15
            position = min(max(rng.gauss(sentiment, 0.2), 0.0), 0.999)
            if negated:
                position = 0.999 - position
            sentence = pick(NEGATIONS if negated else OPINIONS).format(
                subject=pick(SUBJECTS),
                adverb=pick(ADVERBS),
                adjective=ADJECTIVES[int(position * len(ADJECTIVES))],
                verdict=VERDICTS[int(position * len(VERDICTS))],
            )
        sentences.append(sentence)
        length += sentence.count(" ") + 1
    return " ".join(sentences)

"""What the synthetic customers say; names, numbers and addresses are invented."""

from __future__ import annotations

LETTERS = (
    (
        "Marta Kowalczyk-Lindqvist",
        "marta.kl@atelier-nord.example",
        "service@lumen.example",
        "Lamp arrived with a cracked base",
        "Good day,\n\nthe desk lamp came today and its base has a crack right through. I need it for an exhibition on Friday."
        " Can you send another one in time?\n\nMarta Kowalczyk-Lindqvist\n-- \nAtelier Nord",
    ),
    (
        "Oyelaran Adebayo",
        "o.adebayo@example.org",
        "billing@lumen.example",
        "Invoice 20418 was charged twice",
        "Hello,\n\nmy card was charged twice for invoice 20418. Please put that right.\n\nO. Adebayo",
    ),
    (
        "Ilkka Räsänen",
        "ilkka@example.fi",
        "service@lumen.example",
        "Which bulb fits the floor lamp?",
        "Hi,\n\nthe floor lamp says E14 but the bulb that came with it is E27. Which one is right?\n\nIlkka",
    ),
    (
        "Bürgergemeinschaft Schwarzwald-Nordrand",
        "vorstand@bg-schwarzwald.example",
        "sales@lumen.example",
        "Quote for 40 reading lamps",
        "Dear team,\n\nwe are furnishing a library and need 40 reading lamps, oak, delivered in March. What can you offer?",
    ),
    (
        "Nadia Benali",
        "nadia.benali@example.net",
        "delivery@lumen.example",
        "Change of delivery address",
        "Hello,\n\nI am moving. Please send order 2026-11840 to my new address instead; I will write it as soon as you answer.",
    ),
    (
        "Пётр Алексеевич Вознесенский",
        "p.voznesensky@example.ru",
        "service@lumen.example",
        "Мигает диммер",
        "Здравствуйте!\n\nДиммер гудит и мигает при слабом свете. Что можно сделать?\n\nС уважением,\nП. А. Вознесенский",
    ),
    (
        "Hélène Marchetti",
        "helene.m@example.fr",
        "delivery@lumen.example",
        "Order 11840: when can I collect it?",
        "Good morning,\n\ncan I collect order 11840 at the showroom on Saturday?\n\nHélène Marchetti",
    ),
)

CHATS = (
    ("Jean-Baptiste", ("Is the showroom open on Saturday?", "And is there parking?")),
    ("", ("Hello, it is about my lamp. Any news?", "I am on the train from five, please be quick.")),
    ("Siobhán Ní Dhomhnaill", ("Does the linen shade come in sand?", "How long is the cable?")),
    ("Марина", ("Здравствуйте, вы отправляете в Казань?", "Сколько это стоит?")),
)

CALLERS = (
    ("+493055501147", "+49305550199"),
    ("+46855503121", "+49305550199"),
    ("+33155500842", "+49305550100"),
    ("+14155550101", "+49305550199"),
)

REPLIES = (
    "Thank you for writing. I have looked at it and we will send a new one today.",
    "Good afternoon. I have asked the warehouse and will come back to you before four.",
    "That is right, and I am sorry. The amount is on its way back to you.",
    "Yes, we are open from ten to six, and there is parking behind the house.",
)

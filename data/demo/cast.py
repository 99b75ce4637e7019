"""Who speaks in the demo corpus, and what they say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """One synthetic speaker.

    Attributes:
        name: the speaker's id, and the name of the folder.
        language: ``en`` or ``zh``.
        espeak: espeak-ng voice with its variant.
        pitch: pitch when neutral, in espeak-ng's units (0 to 99).
        rate_wpm: speed when neutral (espeak-ng's words per minute).
        size: scales pitch and formants together: above 1 a smaller vocal tract.
        warmth_db: lasting spectral tilt of this voice; positive is brighter.
        expression: how far this speaker's acting goes; 1 is the written manner.
    """

    name: str
    language: str
    espeak: str
    pitch: int
    rate_wpm: int
    size: float = 1.0
    warmth_db: float = 0.0
    expression: float = 1.0


CLIENTS: tuple[Voice, ...] = (
    Voice("amy", "en", "en+f3", 50, 166, 1.00, 0.0, 1.10),
    Voice("ben", "en", "en-us+m3", 50, 172, 0.98, -1.0, 0.90),
    Voice("clara", "en", "en-us+f2", 50, 160, 1.04, 1.0, 0.95),
    Voice("dan", "en", "en-gb-scotland+m7", 46, 158, 0.96, 0.0, 1.00),
    Voice("ella", "en", "en-gb-x-rp+f5", 44, 164, 1.00, -1.5, 1.05),
    Voice("frank", "en", "en-us-nyc+Denis", 58, 176, 1.04, 1.5, 1.00),
    Voice("lan", "zh", "cmn-latn-pinyin+f4", 56, 190, 1.06, 0.0, 0.95),
    Voice("mei", "zh", "cmn-latn-pinyin+linda", 46, 184, 1.00, -1.0, 1.10),
    Voice("qiang", "zh", "cmn-latn-pinyin+m2", 64, 198, 1.02, 0.5, 1.05),
    Voice("tao", "zh", "cmn-latn-pinyin+m5", 58, 188, 1.08, 0.0, 1.00),
    Voice("wei", "zh", "cmn-latn-pinyin+m8", 66, 180, 1.05, 1.5, 0.90),
    Voice("xue", "zh", "cmn-latn-pinyin+Alicia", 44, 212, 1.02, -1.0, 1.00),
)
AGENT = Voice("nora", "en", "en-gb-x-gbclan+f1", 52, 174, 1.08, 0.0, 0.60)
BY_NAME: dict[str, Voice] = {voice.name: voice for voice in (*CLIENTS, AGENT)}

# Plain sentences that any emotion can carry, so that the words do not give the label away. No speaker says one
# twice. "|" is where a hesitating speaker may stop.
SENTENCES: dict[str, tuple[str, ...]] = {
    "en": (
        "The parcel arrived | on Tuesday morning.",
        "I called the office | about the letter.",
        "My sister is coming | to stay for a week.",
        "They moved the meeting | to half past three.",
        "The train was standing | at the platform.",
        "We had dinner | with the people next door.",
        "He left his keys | on the kitchen table.",
        "The doctor gave me | another appointment.",
        "I found the photographs | in the blue box.",
        "She told me about it | on the telephone.",
        "The children are playing | in the garden.",
        "There is a new manager | on the second floor.",
        "I walked home | along the river last night.",
        "The bill came | at the end of the month.",
        "They painted the door | in a different colour.",
        "My neighbour has bought | a very old car.",
        "The shop closes | at seven on Saturday.",
        "I have read the message | you sent me.",
        "We are going back | to the same hotel.",
        "The teacher wanted | to speak with me.",
        "It has been raining | since yesterday evening.",
        "The dog was waiting | behind the gate.",
        "I got the results | from the hospital.",
        "Our flight leaves | early in the morning.",
        "He asked me | to bring the papers.",
        "The lights went out | during the film.",
        "I started the new job | on Monday.",
        "They changed the number | of the account.",
        "My brother answered | after the second ring.",
        "The window was open | when I came in.",
        "We saw the two of them | at the station.",
        "The machine stopped working | this afternoon.",
        "I paid for the ticket | with my own card.",
        "She is leaving the house | to her daughter.",
        "The engineer will come | between nine and ten.",
        "There was a note | under the front door.",
        "I heard the whole story | from my father.",
        "The concert begins | in a quarter of an hour.",
        "They are building a road | across the field.",
        "I put the answer | at the bottom of the page.",
    ),
    "zh": (
        "包裹是|星期二早上到的。",
        "我昨天给|办公室打了电话。",
        "我妹妹要来|住一个星期。",
        "会议改到了|下午三点半。",
        "火车已经|停在站台上了。",
        "我们和邻居|一起吃了晚饭。",
        "他把钥匙|放在厨房桌上。",
        "医生又给我|约了一次时间。",
        "照片在那个|蓝色的盒子里。",
        "这件事她是|打电话说的。",
        "孩子们正在|花园里面玩。",
        "二楼来了|一位新的经理。",
        "昨天晚上我|沿着河走回家。",
        "账单在月底|寄到了家里。",
        "他们把门|换了一种颜色。",
        "邻居买了|一辆很旧的车。",
        "那家店星期六|七点就关门。",
        "你发的消息|我已经看过了。",
        "我们还是住|上次那家酒店。",
        "老师想要|找我谈一谈。",
        "雨从昨天晚上|一直下到现在。",
        "那只狗一直|在门后面等着。",
        "医院的结果|今天出来了。",
        "我们的飞机|明天一早起飞。",
        "他让我把|那些文件带来。",
        "电影放到一半|灯全都灭了。",
        "我从星期一|开始上新的班。",
        "他们把账户的|号码改掉了。",
        "电话响了两声|我哥哥就接了。",
        "我进来的时候|窗户是开着的。",
        "我们在车站|看见他们两个。",
        "机器今天下午|突然不动了。",
        "票是我自己|用卡付的钱。",
        "她要把房子|留给她的女儿。",
        "工程师九点|到十点之间来。",
        "门底下有人|放了一张纸条。",
        "整件事是|我爸爸告诉我的。",
        "音乐会还有|一刻钟就开始。",
        "他们在田里|修一条新的路。",
        "我把答案写在|这一页的下面。",
    ),
}

# The call: who speaks, in which manner, and what.
CALL: tuple[tuple[str, str, str], ...] = (
    ("nora", "neutral", "Good morning, this is the service desk, how can I help you?"),
    ("frank", "angry", "I have been waiting for my order since the beginning of last month!"),
    ("nora", "neutral", "I am sorry to hear that. Could you give me the number, please?"),
    ("frank", "angry", "It is four seven one two. And this is the third time that I have called you!"),
    ("nora", "neutral", "Thank you. I can see it here. It left our warehouse this morning."),
    ("frank", "neutral", "All right. Please send me a message when it is on the way."),
    ("nora", "neutral", "I will do that at once. Goodbye."),
)

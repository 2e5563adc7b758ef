import pytest

from voiced.audio.cards import (
    Card,
    Direction,
    Holder,
    Pcm,
    card_of,
    card_path,
    holders,
    owner,
    parse_cards,
    read_cards,
    resolve,
)

# as a Raspberry Pi 4 with a USB microphone and a sound HAT shows them
CARDS = """\
 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 1 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full speed
 3 [seeed2micvoicec]: seeed-2mic-voic - seeed-2mic-voicecard
                      seeed-2mic-voicecard
"""
PCMS = """\
00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8
01-00: USB Audio : USB Audio : playback 1 : capture 1
03-00: fe203000.i2s-wm8960-hifi wm8960-hifi-0 : fe203000.i2s-wm8960-hifi wm8960-hifi-0 : playback 1 : capture 1
"""
RUNNING = """\
state: RUNNING
owner_pid   : 4321
trigger_time: 5129.311021412
tstamp      : 0.000000000
delay       : 320
avail       : 320
"""
INPUT, OUTPUT = Direction.INPUT, Direction.OUTPUT
NAMES = ["default", "pulse", "kitchen_microphone"]


@pytest.fixture
def cards():
    return parse_cards(CARDS, PCMS)


def test_cards_are_read_with_their_ids_and_devices(cards):
    assert [(card.index, card.id, card.name) for card in cards] == [
        (0, "Headphones", "bcm2835 Headphones"),
        (1, "Device", "USB PnP Sound Device"),
        (3, "seeed2micvoicec", "seeed-2mic-voicecard"),
    ]
    assert cards[0].pcms == (Pcm(0, "bcm2835 Headphones", frozenset({OUTPUT})),)
    assert cards[1].pcms == (Pcm(0, "USB Audio", frozenset({INPUT, OUTPUT})),)


def test_no_sound_in_the_kernel_is_no_card(tmp_path):
    assert read_cards(tmp_path) == []
    assert parse_cards("--- no soundcards ---\n", "") == []


@pytest.mark.parametrize(
    ("device", "direction", "expected"),
    [
        ("Device", INPUT, "hw:CARD=Device,DEV=0"),
        ("seeed2micvoicec", OUTPUT, "hw:CARD=seeed2micvoicec,DEV=0"),
        ("default", INPUT, "default"),
        ("kitchen_microphone", INPUT, "kitchen_microphone"),
        ("plughw:CARD=Device,DEV=0", INPUT, "plughw:CARD=Device,DEV=0"),
        ("USB PnP Sound Device: USB Audio (hw:1,0)", INPUT, "hw:CARD=Device,DEV=0"),
        ("USB PnP Sound Device: USB Audio (hw:7,0)", INPUT, "hw:CARD=Device,DEV=0"),
        ("usb pnp", INPUT, "hw:CARD=Device,DEV=0"),
        ("bcm2835", INPUT, "bcm2835"),
        ("Sound Blaster: USB Audio (hw:1,0)", INPUT, "Sound Blaster: USB Audio (hw:1,0)"),
    ],
)
def test_a_device_is_found_by_any_of_its_names(device, direction, expected, cards):
    assert resolve(device, direction, cards, NAMES) == expected


def test_of_two_equal_cards_the_one_in_its_place_is_meant():
    twins = [Card(index, f"Device_{index}", "Mic", (Pcm(0, "USB", frozenset({INPUT})),)) for index in (1, 2)]
    assert resolve("Mic: USB (hw:2,0)", INPUT, twins, []) == "hw:CARD=Device_2,DEV=0"
    assert resolve("Mic", INPUT, twins, []) == "Mic"  # either


@pytest.mark.parametrize(
    ("pcm", "card"),
    [
        ("hw:CARD=Device,DEV=0", "Device"),
        ("plughw:CARD=Device", "Device"),
        ("hw:1,0", "1"),
        ("dsnoop:Device", "Device"),
        ("default", None),
    ],
)
def test_the_card_in_an_alsa_name_is_told(pcm, card):
    assert card_of(pcm) == card


def test_a_card_is_there_as_long_as_its_folder(tmp_path):
    assert card_path("hw:CARD=Device,DEV=0", tmp_path) == tmp_path / "Device"
    assert card_path("plughw:1,0", tmp_path) == tmp_path / "card1"
    assert card_path("default", tmp_path) is None
    assert card_path("hw:CARD=Device", tmp_path / "no sound in the kernel") is None


def test_owner_is_read_from_a_status():
    assert owner(RUNNING) == 4321
    assert owner("closed\n") is None
    assert owner("") is None


@pytest.fixture
def asound(tmp_path):
    """/proc with the USB card's microphone held by a thread of arecord, its loudspeaker by nobody."""
    root = tmp_path / "asound"
    for side, status in (("c", RUNNING), ("p", "closed\n")):
        substream = root / "card1" / f"pcm0{side}" / "sub0"
        substream.mkdir(parents=True)
        (substream / "status").write_text(status)
    for process in ("4321", "4300"):
        (tmp_path / process).mkdir()
        (tmp_path / process / "status").write_text("Name:\tarecord\nTgid:\t4300\nPid:\t4321\n")
    (tmp_path / "4300" / "comm").write_text("arecord\n")
    return root


@pytest.mark.parametrize("pcm", ["hw:CARD=Device,DEV=0", "hw:1,0", "plughw:CARD=Device", "default"])
def test_who_holds_a_device_is_named_by_process_not_by_thread(pcm, cards, asound):
    held = holders(pcm, INPUT, cards, asound)
    assert held == [Holder(4300, "arecord")]
    assert str(held[0]) == "arecord (process 4300)"


@pytest.mark.parametrize(("pcm", "direction"), [("hw:1,0", OUTPUT), ("hw:CARD=Headphones", INPUT), ("hw:9,0", INPUT)])
def test_a_free_device_has_no_holder(pcm, direction, cards, asound):
    assert holders(pcm, direction, cards, asound) == []


def test_a_holder_that_has_ended_is_still_told(cards, asound):
    (asound.parent / "4300" / "comm").unlink()
    assert "ended or is not yours" in str(holders("hw:1,0", INPUT, cards, asound)[0])

"""Every gate of the protocol has a name, and the names read like a history."""

import re
from pathlib import Path

from papertape import versions

# Every server version from 100 on at which the description of the protocol changes something.
GATES = """
101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121 122 123 124
125 126 127 128 129 130 131 132 134 135 136 137 138 139 140 141 142 143 144 145 146 148 149 150
151 152 153 156 157 158 159 160 161 162 163 164 165 166 167 169 170 171 173 174 175 176 177 178
179 180 182 183 184 185 186 187 188 189 190 192 193 194 195 196 197 198 199 200 201 203 204 205
206 207 208 209 210 211 212 213 214 215 216 217 218 219 220 221 223 226
"""
NAMES = {name: value for name, value in vars(versions).items() if name.isupper()}
FEATURES = {name: value for name, value in NAMES.items() if not name.endswith("_SERVER")}


def test_every_gate_has_a_name_and_no_name_is_without_a_gate() -> None:
    assert sorted(set(FEATURES.values())) == [int(gate) for gate in GATES.split()]


def test_the_range_that_is_negotiated() -> None:
    assert (versions.MIN_SERVER, versions.MAX_SERVER) == (100, 226)
    assert all(versions.MIN_SERVER < v <= versions.MAX_SERVER for v in FEATURES.values())


def test_ids_are_raw_exactly_where_protobuf_begins() -> None:
    assert versions.RAW_IDS == versions.PROTOBUF == 201
    families = [value for name, value in FEATURES.items() if name.startswith("PROTOBUF_")]
    assert families == [201, *range(203, 214)]


def test_names_stand_in_the_order_of_their_versions() -> None:
    assert list(FEATURES.values()) == sorted(FEATURES.values())


def test_every_name_says_what_it_brought() -> None:
    lines = Path(versions.__file__).read_text("utf-8").splitlines()
    constants = [line for line in lines if re.match(r"[A-Z_]+: Final = ", line)]
    assert len(constants) == len(NAMES)
    assert [line for line in constants if "  # " not in line] == []

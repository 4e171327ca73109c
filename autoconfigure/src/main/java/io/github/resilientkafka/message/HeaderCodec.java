package io.github.resilientkafka.message;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Headers as text, for a database column that people read: a JSON array of pairs, for example
 * <pre>[["ce_id","0197…"],["trace",null],["photo",{"b64":"/9j/4AA="}]]</pre>
 * <p>
 * Order, duplicates and null values are kept. A value that is valid UTF-8 is a string, any other is an object with its
 * bytes in base64; so every value comes back byte for byte. NUL, other control characters and lone halves of surrogate
 * pairs are escaped: the text itself can be stored anywhere.
 */
public final class HeaderCodec {

    private static final String HEX = "0123456789abcdef";

    /** For each byte whether it can't stand in a string as it is: nearly all headers have none of these. */
    private static final boolean[] SPECIAL = new boolean[256];

    static {
        Arrays.fill(SPECIAL, 0, ' ', true);
        Arrays.fill(SPECIAL, 0x7F, SPECIAL.length, true);
        SPECIAL['"'] = true;
        SPECIAL['\\'] = true;
    }

    private HeaderCodec() {}

    /**
     * Writes headers as text.
     * @param headers the headers
     * @return a JSON array of pairs
     */
    public static String encode(Iterable<Header> headers) {
        StringBuilder json = new StringBuilder(256).append('[');
        for (Header header : headers) {
            json.append(json.length() == 1 ? "[" : ",[");
            string(json, header.key());
            json.append(',');
            value(json, header.value());
            json.append(']');
        }
        return json.append(']').toString();
    }

    /**
     * Reads what {@link #encode} has written, or a person in the same form.
     * @param json a JSON array of pairs
     * @return the headers in order
     * @throws IllegalArgumentException if the text has another form
     */
    public static List<Header> decode(String json) {
        return new HeaderParser(json).headers();
    }

    private static void value(StringBuilder json, byte @Nullable [] value) {
        if (value == null) {
            json.append("null");
            return;
        }
        if (isPlain(value)) {
            json.append('"')
                    .append(new String(value, StandardCharsets.ISO_8859_1))
                    .append('"');
            return;
        }
        String text = text(value);
        if (text != null) {
            string(json, text);
        } else {
            json.append("{\"b64\":\"")
                    .append(Base64.getEncoder().encodeToString(value))
                    .append("\"}");
        }
    }

    /**
     * The bytes as text, or null where they are not valid UTF-8; what is valid comes back as the same bytes.
     */
    private static @Nullable String text(byte[] value) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException ex) {
            return null;
        }
    }

    private static boolean isPlain(byte[] value) {
        for (byte one : value) {
            if (SPECIAL[one & 0xFF]) {
                return false;
            }
        }
        return true;
    }

    private static void string(StringBuilder json, String text) {
        json.append('"');
        if (isPlain(text)) {
            json.append(text);
        } else {
            escaped(json, text);
        }
        json.append('"');
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= SPECIAL.length || SPECIAL[c]) {
                return false;
            }
        }
        return true;
    }

    private static void escaped(StringBuilder json, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                json.append(c).append(text.charAt(++i));
            } else if (c < ' ' || c == 0x7F || Character.isSurrogate(c)) {
                escape(json, c);
            } else {
                json.append(c);
            }
        }
    }

    private static void escape(StringBuilder json, char c) {
        switch (c) {
            case '\n' -> json.append("\\n");
            case '\r' -> json.append("\\r");
            case '\t' -> json.append("\\t");
            default -> {
                json.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    json.append(HEX.charAt((c >> shift) & 0xF));
                }
            }
        }
    }
}

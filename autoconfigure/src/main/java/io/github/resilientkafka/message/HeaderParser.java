package io.github.resilientkafka.message;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Reads the one form that {@link HeaderCodec} writes, with any white space between its parts.
 */
final class HeaderParser {

    private final String json;

    /** Whether nothing is escaped, as in nearly all headers: strings are cut out, not put together. */
    private final boolean plain;

    private int position;

    HeaderParser(String json) {
        this.json = json;
        this.plain = json.indexOf('\\') < 0;
    }

    List<Header> headers() {
        List<Header> headers = new ArrayList<>();
        expect('[');
        if (!accept(']')) {
            do {
                headers.add(header());
            } while (accept(','));
            expect(']');
        }
        peek();
        if (this.position < this.json.length()) {
            throw unexpected("the end");
        }
        return headers;
    }

    private Header header() {
        expect('[');
        String name = string();
        expect(',');
        byte[] value = value();
        expect(']');
        return new RecordHeader(name, value);
    }

    private byte @Nullable [] value() {
        switch (peek()) {
            case 'n' -> {
                if (!this.json.startsWith("null", this.position)) {
                    throw unexpected("null");
                }
                this.position += 4;
                return null;
            }
            case '{' -> {
                return base64();
            }
            default -> {
                return string().getBytes(StandardCharsets.UTF_8);
            }
        }
    }

    private byte[] base64() {
        expect('{');
        if (!string().equals("b64")) {
            throw unexpected("the member \"b64\"");
        }
        expect(':');
        byte[] value = Base64.getDecoder().decode(string());
        expect('}');
        return value;
    }

    private String string() {
        expect('"');
        int end = this.plain ? this.json.indexOf('"', this.position) : -1;
        if (end >= 0) {
            String text = this.json.substring(this.position, end);
            this.position = end + 1;
            return text;
        }
        StringBuilder text = new StringBuilder();
        for (char c = next(); c != '"'; c = next()) {
            text.append(c == '\\' ? unescaped() : c);
        }
        return text.toString();
    }

    private char unescaped() {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> hex();
            default -> throw unexpected("an escape sequence");
        };
    }

    private char hex() {
        int c = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw unexpected("four hexadecimal digits");
            }
            c = (c << 4) | digit;
        }
        return (char) c;
    }

    private void expect(char wanted) {
        if (!accept(wanted)) {
            throw unexpected("'" + wanted + "'");
        }
    }

    private boolean accept(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        this.position++;
        return true;
    }

    /** The next character that is not white space, or NUL at the end. */
    private char peek() {
        while (this.position < this.json.length() && Character.isWhitespace(this.json.charAt(this.position))) {
            this.position++;
        }
        return this.position < this.json.length() ? this.json.charAt(this.position) : 0;
    }

    private char next() {
        if (this.position >= this.json.length()) {
            throw unexpected("more");
        }
        return this.json.charAt(this.position++);
    }

    private IllegalArgumentException unexpected(String wanted) {
        return new IllegalArgumentException("Not stored headers: " + wanted + " expected at position " + this.position);
    }
}

package io.github.resilientkafka.actuate;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Bytes as they are shown: as text where they are text, else as base64.
 *
 * @param encoding {@code text} or {@code base64}
 * @param value the bytes
 */
record ReadableBytes(String encoding, String value) {

    static ReadableBytes of(byte[] bytes) {
        String text = text(bytes);
        return (text != null)
                ? new ReadableBytes("text", text)
                : new ReadableBytes("base64", Base64.getEncoder().encodeToString(bytes));
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.chars().allMatch(ReadableBytes::isReadable) ? text : null;
        } catch (CharacterCodingException ex) {
            return null;
        }
    }

    private static boolean isReadable(int character) {
        return !Character.isISOControl(character) || character == '\n' || character == '\r' || character == '\t';
    }
}

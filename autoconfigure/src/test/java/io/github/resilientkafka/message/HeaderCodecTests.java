package io.github.resilientkafka.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderCodecTests {

    @Test
    void textIsReadable() {
        String json = HeaderCodec.encode(List.of(
                header("ce_id", "0197\u00E4"), new RecordHeader("trace", (byte[]) null), header("say", "\"a\\b\"\n")));

        assertThat(json).isEqualTo("[[\"ce_id\",\"0197\u00E4\"],[\"trace\",null],[\"say\",\"\\\"a\\\\b\\\"\\n\"]]");
    }

    @Test
    void bytesThatAreNotUtf8AreWrittenInBase64() {
        byte[] photo = {(byte) 0xFF, (byte) 0xD8, 0, 0x10};

        String json = HeaderCodec.encode(List.of(new RecordHeader("photo", photo)));

        assertThat(json).isEqualTo("[[\"photo\",{\"b64\":\"/9gAEA==\"}]]");
        assertThat(HeaderCodec.decode(json).get(0).value()).isEqualTo(photo);
    }

    @Test
    void textThatLooksLikeBase64StaysText() {
        assertRoundTrip(header("a", "{\"b64\":\"/9gAEA==\"}"));
    }

    @Test
    void noHeadersAreAnEmptyArray() {
        assertThat(HeaderCodec.encode(new RecordHeaders())).isEqualTo("[]");
        assertThat(HeaderCodec.decode("[]")).isEmpty();
    }

    @Test
    void orderAndDuplicatesAreKept() {
        assertRoundTrip(header("a", "1"), header("b", "2"), header("a", "1"), header("a", ""), header("", "3"));
    }

    @Test
    void nulAndLoneSurrogatesNeverReachTheDatabase() {
        String name = "a\u0000b\uD800c\uDC00\uD83D\uDE00";

        String json = HeaderCodec.encode(List.of(header(name, "x\u0000y\uD83D\uDE00")));

        assertThat(json)
                .contains("\\u0000")
                .contains("\\ud800")
                .contains("\\udc00")
                .contains("\uD83D\uDE00");
        assertThat(json.chars()).allMatch(c -> c >= ' ');
        assertThat(new String(json.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .isEqualTo(json);
        assertThat(HeaderCodec.decode(json).get(0).key()).isEqualTo(name);
    }

    @Test
    void aHundredKilobytesComeBack() {
        byte[] text = "\u20AC\u0001abc".repeat(15_000).getBytes(StandardCharsets.UTF_8);
        byte[] binary = new byte[100_000];
        new Random(1).nextBytes(binary);

        assertRoundTrip(new RecordHeader("text", text), new RecordHeader("binary", binary));
    }

    @Test
    void whateverBytesComeBackByteForByte() {
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) {
            Header[] headers = new Header[random.nextInt(4)];
            for (int j = 0; j < headers.length; j++) {
                headers[j] = new RecordHeader(randomName(random), random.nextInt(8) == 0 ? null : randomBytes(random));
            }
            assertRoundTrip(headers);
        }
    }

    @Test
    void otherJsonParsersReadTheSame() throws Exception {
        Random random = new Random(7);
        ObjectMapper mapper = new ObjectMapper();
        for (int i = 0; i < 5_000; i++) {
            String name = randomName(random);
            byte[] value = randomBytes(random);
            JsonNode pair = mapper.readTree(HeaderCodec.encode(List.of(new RecordHeader(name, value))))
                    .get(0);

            assertThat(pair.get(0).textValue()).isEqualTo(name);
            byte[] read = pair.get(1).isTextual()
                    ? pair.get(1).textValue().getBytes(StandardCharsets.UTF_8)
                    : pair.get(1).get("b64").binaryValue();
            assertThat(read).isEqualTo(value);
        }
    }

    @Test
    void whatAPersonHasReformattedIsRead() {
        List<Header> headers =
                HeaderCodec.decode(" [ [ \"a\" , \"\\u0041\\/\\b\\f\" ] ,\n [\"b\" , { \"b64\" : \"AA==\" } ] ]\n");

        assertThat(headers).extracting(Header::key).containsExactly("a", "b");
        assertThat(headers.get(0).value()).asString().isEqualTo("A/\b\f");
        assertThat(headers.get(1).value()).containsExactly(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[",
                "[]]",
                "[[]]",
                "[[\"a\"]]",
                "[[\"a\",1]]",
                "[[\"a\",\"b\"]",
                "[[\"a\",\"b\"],]",
                "[[\"a\",nul]]",
                "[[\"a\",{\"hex\":\"00\"}]]",
                "[[\"a\",{\"b64\":\"*\"}]]",
                "[[\"a\",\"\\x\"]]",
                "[[\"a\",\"\\u00g0\"]]",
                "[[\"a\",\"b",
                "[]\u0000"
            })
    void anythingElseIsRefused(String json) {
        assertThatIllegalArgumentException().isThrownBy(() -> HeaderCodec.decode(json));
    }

    private static void assertRoundTrip(Header... headers) {
        List<Header> decoded = HeaderCodec.decode(HeaderCodec.encode(List.of(headers)));

        assertThat(decoded).extracting(Header::key).containsExactlyElementsOf(keys(headers));
        for (int i = 0; i < headers.length; i++) {
            assertThat(decoded.get(i).value()).isEqualTo(headers[i].value());
        }
    }

    private static List<String> keys(Header... headers) {
        List<String> keys = new ArrayList<>();
        for (Header header : headers) {
            keys.add(header.key());
        }
        return keys;
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String randomName(Random random) {
        StringBuilder name = new StringBuilder();
        for (int length = random.nextInt(6); length > 0; length--) {
            name.append((char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(65_536)));
        }
        return name.toString();
    }

    private static byte[] randomBytes(Random random) {
        if (random.nextBoolean()) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);
            return bytes;
        }
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(6); length > 0; length--) {
            text.appendCodePoint(random.nextInt(0xD800));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}

package io.github.resilientkafka.publisher;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.utils.AppInfoParser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of a Kafka client without the fix for KAFKA-19012: batches that expire in flight could be overwritten, and land
 * on the wrong topic. Our short time-outs make that likelier.
 * <p>
 * The first versions that have it, seen in their classes: 3.9.2, 4.0.2, 4.1.2, 4.2.0.
 */
final class ClientVersionCheck {

    private static final Logger logger = LoggerFactory.getLogger(ClientVersionCheck.class);

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+).*");

    private ClientVersionCheck() {}

    static void warn() {
        String version = AppInfoParser.getVersion();
        if (!isFixed(version)) {
            logger.warn(
                    "kafka-clients {} can deliver records to the wrong topic after time-outs (KAFKA-19012): use 3.9.2,"
                            + " 4.0.2, 4.1.2, 4.2.0 or newer",
                    version);
        }
    }

    static boolean isFixed(String version) {
        Matcher matcher = VERSION.matcher(version);
        if (!matcher.matches()) {
            return true;
        }
        int line = Integer.parseInt(matcher.group(1)) * 100 + Integer.parseInt(matcher.group(2));
        int patch = Integer.parseInt(matcher.group(3));
        return switch (line) {
            case 309, 400, 401 -> patch >= 2;
            default -> line > 401;
        };
    }
}

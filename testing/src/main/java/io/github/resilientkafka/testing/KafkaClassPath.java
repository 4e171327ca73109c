package io.github.resilientkafka.testing;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The class path of a Kafka server: the jars of this JVM that hold certain classes, however this JVM found them (a plain
 * class path, Surefire's manifest, the archive of a Spring Boot application). Other jars, such as those of an
 * interceptor or a custom authoriser, are not on it.
 */
final class KafkaClassPath {

    private static final String SERVER = "kafka/Kafka.class";

    /** One class from each jar that a server of Kafka 3.9 or 4.x uses; what a version does not need is not found. */
    private static final String[] MARKERS = {
        "io/github/resilientkafka/testing/KafkaServerMain.class",
        SERVER,
        "org/apache/kafka/common/Uuid.class",
        "org/apache/kafka/server/common/MetadataVersion.class",
        "org/apache/kafka/security/CredentialProvider.class",
        "org/apache/kafka/server/logger/LoggingController.class",
        "org/apache/kafka/metadata/authorizer/StandardAuthorizer.class",
        "org/apache/kafka/raft/RaftClient.class",
        "org/apache/kafka/storage/internals/log/LogConfig.class",
        "org/apache/kafka/server/log/remote/storage/RemoteStorageManager.class",
        "org/apache/kafka/tools/api/RecordReader.class",
        "org/apache/kafka/coordinator/group/GroupCoordinator.class",
        "org/apache/kafka/coordinator/group/api/assignor/ConsumerGroupPartitionAssignor.class",
        "org/apache/kafka/coordinator/transaction/TransactionLogConfigs.class",
        "org/apache/kafka/coordinator/transaction/TransactionLogConfig.class",
        "org/apache/kafka/coordinator/share/ShareCoordinator.class",
        "org/apache/kafka/coordinator/common/runtime/CoordinatorRecord.class",
        "scala/Option.class",
        "scala/reflect/api/Universe.class",
        "scala/collection/compat/package.class",
        "scala/compat/java8/DurationConverters.class",
        "com/typesafe/scalalogging/Logger.class",
        "org/slf4j/Logger.class",
        "org/apache/logging/log4j/LogManager.class",
        "org/apache/logging/log4j/core/Logger.class",
        "com/yammer/metrics/core/MetricsRegistry.class",
        "com/codahale/metrics/MetricRegistry.class",
        "com/fasterxml/jackson/core/JsonFactory.class",
        "com/fasterxml/jackson/databind/ObjectMapper.class",
        "com/fasterxml/jackson/annotation/JsonProperty.class",
        "com/fasterxml/jackson/datatype/jdk8/Jdk8Module.class",
        "com/fasterxml/jackson/dataformat/csv/CsvMapper.class",
        "com/fasterxml/jackson/module/scala/DefaultScalaModule.class",
        "com/github/benmanes/caffeine/cache/Caffeine.class",
        "com/github/luben/zstd/Zstd.class",
        "net/jpountz/lz4/LZ4Factory.class",
        "org/xerial/snappy/Snappy.class",
        "net/sourceforge/argparse4j/ArgumentParsers.class",
        "joptsimple/OptionParser.class",
        "org/jose4j/jwt/JwtClaims.class",
        "org/pcollections/HashTreePMap.class",
        "org/apache/commons/validator/routines/InetAddressValidator.class",
        "org/apache/zookeeper/ZooKeeper.class",
        "org/apache/zookeeper/data/Stat.class",
        "org/HdrHistogram/Histogram.class",
        "com/google/re2j/Pattern.class",
        "com/dynatrace/hash4j/hashing/Hasher.class",
    };

    private KafkaClassPath() {}

    /**
     * Makes sure that there is a Kafka server on the class path of this JVM.
     *
     * @throws IllegalStateException if there is none
     */
    static void requireServer() {
        if (KafkaClassPath.class.getClassLoader().getResource(SERVER) == null) {
            throw new IllegalStateException("There is no Kafka server on the class path: add the dependency "
                    + "org.apache.kafka:kafka_2.13, in the version of kafka-clients");
        }
    }

    /**
     * Puts the class path together.
     *
     * @param directory where jars inside an archive are unpacked to; created if needed
     */
    static String of(Path directory) {
        ClassLoader loader = KafkaClassPath.class.getClassLoader();
        Set<Path> entries = new LinkedHashSet<>();
        for (String marker : MARKERS) {
            URL url = loader.getResource(marker);
            if (url != null) {
                entries.add(locate(url.toString(), marker, directory));
            }
        }
        return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** The directory or jar of a class that was found at a URL. */
    static Path locate(String url, String marker, Path directory) {
        String root = url.substring(0, url.length() - marker.length());
        if (root.startsWith("file:")) {
            return Path.of(URI.create(root));
        }
        if (root.startsWith("jar:file:") && root.endsWith("!/") && root.indexOf("!/") == root.length() - 2) {
            return Path.of(URI.create(root.substring("jar:".length(), root.length() - 2)));
        }
        if (root.startsWith("jar:nested:") && root.contains("/!")) {
            int end = root.indexOf("/!");
            Path archive = Path.of(URI.create("file:" + root.substring("jar:nested:".length(), end)));
            return unpack(archive, root.substring(end + 2, root.length() - 2), directory);
        }
        throw new IllegalStateException("Cannot run a Kafka server from " + url);
    }

    private static Path unpack(Path archive, String entryName, Path directory) {
        Path jar = directory.resolve(entryName.substring(entryName.lastIndexOf('/') + 1));
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            @Nullable ZipEntry entry = zip.getEntry(entryName);
            if (entry == null || entry.isDirectory()) {
                throw new IllegalStateException("Cannot run a Kafka server from " + entryName + " in " + archive);
            }
            if (!Files.exists(jar)) {
                Files.createDirectories(directory);
                try (InputStream content = zip.getInputStream(entry)) {
                    Files.copy(content, jar, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            return jar;
        } catch (IOException ex) {
            throw new UncheckedIOException("Cannot unpack " + entryName + " from " + archive, ex);
        }
    }
}

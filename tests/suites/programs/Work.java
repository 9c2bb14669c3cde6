import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Threads, zlib through JNI and direct buffers, which allocate with malloc. */
public class Work {
        static long squeeze(byte[] data) {
                Deflater deflater = new Deflater();
                byte[] out = new byte[data.length];
                deflater.setInput(data);
                deflater.finish();
                long length = deflater.deflate(out);
                deflater.end();
                return length;
        }

        public static void main(String[] arguments) throws Exception {
                TreeMap<Integer, Long> sizes = new TreeMap<>();
                List<Thread> threads = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                        int number = i;
                        Thread thread = new Thread(() -> {
                                byte[] data = new byte[100000];
                                for (int j = 0; j < data.length; j++)
                                        data[j] = (byte) (j * number % 17);
                                java.nio.ByteBuffer.allocateDirect(1 << 16).put(data, 0, 1000);
                                long length = squeeze(data);
                                synchronized (sizes) {
                                        sizes.put(number, length);
                                }
                        });
                        threads.add(thread);
                        thread.start();
                }
                for (Thread thread : threads)
                        thread.join();
                CRC32 sum = new CRC32();
                sum.update(sizes.toString().getBytes());
                System.out.println(sizes.size() + " " + sum.getValue());
                System.exit(6);
        }
}
